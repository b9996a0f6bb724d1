#include "app/config/config_file.h"

#include <toml++/toml.h>

#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/text.h"

namespace cb::app {
namespace {

constexpr std::string_view kDefaults = "defaults";  // what holds for every pool

std::optional<Value> list_value(const toml::array& array) {
  std::vector<std::string> out;
  for (const toml::node& entry : array) {
    const auto text = entry.value_exact<std::string>();
    if (!text) return {};
    out.push_back(*text);
  }
  return Value{out};
}

std::optional<Value> warm_value(const toml::array& array) {
  WarmRules out;
  for (const toml::node& entry : array) {
    const toml::table* const rule = entry.as_table();
    if (rule == nullptr || rule->size() != 2) return {};
    const auto schedule = rule->get_as<std::string>("schedule");
    const auto workers = rule->get_as<std::int64_t>("workers");
    if (schedule == nullptr || workers == nullptr) return {};
    out.push_back({schedule->get(), workers->get()});
  }
  return Value{std::move(out)};
}

// What has one entry may be written as that.
std::optional<Value> by_region_value(const toml::table& table) {
  core::ByRegion out;
  for (auto&& [region, node] : table) {
    std::vector<std::string>& texts = out[std::string(region.str())];
    if (const auto text = node.value_exact<std::string>()) {
      texts = {*text};
    } else if (const auto list = node.is_array() ? list_value(*node.as_array()) : std::nullopt) {
      texts = std::get<std::vector<std::string>>(*list);
    } else {
      return {};
    }
  }
  return Value{std::move(out)};
}

// Empty when the node is not of the type that the setting has under this key.
std::optional<Value> typed_value(const Setting& setting, std::string_view key,
                                 const toml::node& node) {
  if (key == setting.single) {
    const auto text = node.value_exact<std::string>();
    if (!text) return {};
    return Value{text->empty() ? std::vector<std::string>{} : std::vector{*text}};
  }
  switch (setting.field.type) {
    case Type::kBool:
      if (const auto v = node.value_exact<bool>()) return Value{*v};
      return {};
    case Type::kInteger:
      if (const auto v = node.value_exact<std::int64_t>()) return Value{*v};
      return {};
    case Type::kDuration: {
      const auto text = node.value_exact<std::string>();
      const auto duration = text ? parse_duration(*text) : std::nullopt;
      return duration ? std::optional<Value>{*duration} : std::nullopt;
    }
    case Type::kList:
      return node.is_array() ? list_value(*node.as_array()) : std::nullopt;
    case Type::kWarmRules:
      return node.is_array() ? warm_value(*node.as_array()) : std::nullopt;
    case Type::kByRegion:
      return node.is_table() ? by_region_value(*node.as_table()) : std::nullopt;
    case Type::kText:
    case Type::kChoice:
      if (const auto v = node.value_exact<std::string>()) return Value{*v};
      return {};
  }
  return {};
}

std::string as_written(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return toml_quoted(*text);
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  if (node.is_array()) return "a list of something else";
  return node.is_table() ? "a table" : "a number or a time of another kind";
}

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  void read_top(const toml::table& table) {
    for (auto&& [key, node] : table) {
      const bool is_section = key.str() == "aws" || key.str() == "pool" || key.str() == kDefaults;
      if (!is_section) {
        read_setting("", key, node);
      } else if (!node.is_table()) {
        fault(key, str(key.str(), " is a table: write [", key.str(),
                       key.str() == "pool" ? ".default]" : "]"));
      } else if (key.str() != "pool") {
        read_section(str(key.str(), '.'), *node.as_table());
      } else {
        read_pools(*node.as_table());
      }
    }
  }

  void broken(const toml::parse_error& error) {
    const auto at = error.source().begin;
    faults_[at.line].push_back(str(name_, ':', at.line, ": this is not TOML (column ", at.column,
                                   "): ", error.description()));
  }

  ConfigFile take() {
    for (auto& [line, sentences] : faults_) {
      for (std::string& sentence : sentences) out_.faults.push_back(std::move(sentence));
    }
    return std::move(out_);
  }

 private:
  void read_section(const std::string& prefix, const toml::table& table) {
    for (auto&& [key, node] : table) read_setting(prefix, key, node);
  }

  void read_pools(const toml::table& pools) {
    std::multimap<toml::source_index, PoolName> by_line;  // a table has them by name
    for (auto&& [key, node] : pools) {
      if (!node.is_table()) {
        fault(key, str("pool.", key.str(),
                       " is no pool: keys of a pool stand under [pool.NAME], "
                       "such as [pool.default]"));
      } else if (!is_pool_name(key.str())) {
        fault(key, str("[pool.", key.str(), "] is no name of a pool: use 1 to 32 of a-z, 0-9, -"));
      } else {
        by_line.emplace(key.source().begin.line, PoolName{std::string(key.str())});
        read_section(str("pool.", key.str(), '.'), *node.as_table());
      }
    }
    for (auto& [line, pool] : by_line) out_.pools.push_back(std::move(pool));
  }

  void read_setting(const std::string& prefix, const toml::key& key, const toml::node& node) {
    const std::string path = str(prefix, key.str());
    const bool of_every_pool = prefix == str(kDefaults, '.');
    const std::string known_as = of_every_pool ? str("pool.default.", key.str()) : path;
    auto known =
        key.str().find('.') == std::string_view::npos ? find_setting(known_as) : std::nullopt;
    if (known && of_every_pool) known->pool = {};
    if (!known) {
      fault(key, unknown(prefix, std::string(key.str()), node.is_table()));
    } else if (!said_.insert({known->setting, known->pool.value, of_every_pool}).second) {
      fault(key, str(prefix, known->setting->single, " and ", prefix, known->setting->key,
                     " say the same: take one of them out"));
    } else if (auto value = typed_value(*known->setting, key.str(), node)) {
      auto& assignments = of_every_pool ? out_.defaults : out_.assignments;
      assignments.push_back({*known, std::move(*value), place(key)});
    } else {
      const bool single = key.str() == known->setting->single;
      fault(key, str(path, ' ', single ? "takes a text in quotes" : what_it_takes(*known->setting),
                     "; it is ", as_written(node)));
    }
  }

  std::string unknown(const std::string& prefix, const std::string& key, bool is_table) const {
    const std::string what =
        is_table ? str("unknown table [", prefix, key, ']') : str("unknown key ", prefix, key);
    // Right word, wrong place: the commonest slip, as TOML's top-level keys end at the first table.
    for (const Setting& setting : settings_table()) {
      if (is_table || setting.key != key) continue;
      if (setting.section.empty()) return str(what, "; it belongs above the first [table]");
      return str(what, "; it belongs under ", setting.of_pool() ? "[pool.default]" : "[aws]");
    }
    const std::string near = nearest(key, neighbours(prefix));
    if (!near.empty()) return str(what, "; did you mean ", prefix, near, '?');
    return str(what, "; docs/configuration.md lists all keys");
  }

  static std::vector<std::string> neighbours(const std::string& prefix) {
    std::vector<std::string> out;
    if (prefix.empty()) out = {"aws", "pool", std::string(kDefaults)};
    for (const Setting& setting : settings_table()) {
      const bool here = setting.section.empty()
                            ? prefix.empty()
                            : prefix.starts_with(setting.section) ||
                                  (setting.of_pool() && prefix.starts_with(kDefaults));
      if (here) out.emplace_back(setting.key);
    }
    return out;
  }

  std::string place(const toml::key& key) const { return str(name_, ':', key.source().begin.line); }
  void fault(const toml::key& key, const std::string& sentence) {
    faults_[key.source().begin.line].push_back(str(place(key), ": ", sentence));
  }

  std::string name_;
  ConfigFile out_;
  std::set<std::tuple<const Setting*, std::string, bool>> said_;  // of a pool, or of every pool
  // By line: toml++ keeps keys in the order of the alphabet, people read in that of the file.
  std::map<toml::source_index, std::vector<std::string>> faults_;
};

}  // namespace

ConfigFile parse_config_file(const std::string& text, const std::string& name) {
  Reader reader(name);
  try {
    reader.read_top(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    reader.broken(error);
  }
  return reader.take();
}

}  // namespace cb::app
