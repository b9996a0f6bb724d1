#include "app/config/settings_table.h"

#include <algorithm>
#include <cctype>

#include "app/config/settings_rows.h"
#include "base/text.h"

namespace cb::app {
namespace {

std::string limit(const Setting& setting, std::int64_t number) {
  if (setting.field.type == Type::kDuration) return toml_quoted(to_string(Duration{number}));
  return std::to_string(number);
}

std::string between(const Setting& setting) {
  return str("from ", limit(setting, setting.range.min), " to ", limit(setting, setting.range.max));
}

std::string with(std::string text, char separator) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == '_' || c == '-'; }, separator);
  return text;
}

std::vector<std::string> entries(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view entry : split(text, ',')) {
    if (!trim(entry).empty()) out.emplace_back(trim(entry));
  }
  return out;
}

// "Mon-Fri 08:00-18:00 UTC = 1; * 18:00-20:00 UTC = 2".
std::optional<Value> warm_rules(std::string_view text) {
  WarmRules out;
  for (const std::string_view entry : split(text, ';')) {
    if (trim(entry).empty()) continue;
    const auto equals = std::min(entry.rfind('='), entry.size());
    const auto workers = parse_int(trim(entry.substr(std::min(equals + 1, entry.size()))));
    if (!workers) return {};
    out.push_back({std::string(trim(entry.substr(0, equals))), *workers});
  }
  return Value{std::move(out)};
}

std::optional<Value> by_region(std::string_view text) {
  core::ByRegion out;
  for (const std::string& entry : entries(text)) {
    const std::size_t equals = entry.find('=');
    if (equals == entry.npos) return {};
    const std::string_view value = trim(std::string_view(entry).substr(equals + 1));
    out[std::string(trim(entry.substr(0, equals)))].emplace_back(value);
  }
  return Value{std::move(out)};
}

// Whether a running broker can take the setting over. While it listens where the new
// configuration does not, it must not take the new word on who may connect there.
bool can_take(const Setting& setting, const ServeConfig& running, const ServeConfig& loaded) {
  const bool about_the_door = setting.key == "allow" || setting.key == "allow_anyone";
  return setting.reload == Reload::kYes && !(about_the_door && running.listen != loaded.listen);
}

// Takes `key`'s new value over, or notes that it stays.
void take(const SettingKey& key, const ServeConfig& running, const ServeConfig& loaded,
          ReloadPlan& plan) {
  const Field& field = key.setting->field;
  const Value before = field.get(running, key.pool);
  const Value after = field.get(loaded, key.pool);
  if (before == after) return;
  if (can_take(*key.setting, running, loaded)) {
    plan.changed.push_back(str(key.path(), " = ", to_toml(after), " (was ", to_toml(before), ')'));
    return;
  }
  field.set(plan.config, key.pool, before);
  // A running broker has filled in what the configuration leaves to the environment.
  const auto* const text = std::get_if<std::string>(&after);
  if (text == nullptr || !text->empty()) plan.needs_restart.push_back(key.path());
}

void take_pools(const ServeConfig& running, const ServeConfig& loaded, ReloadPlan& plan) {
  for (const auto& [name, pool] : loaded.core.pools) {
    const auto before = running.core.pools.find(name);
    if (before == running.core.pools.end()) {
      plan.changed.push_back(str("pool.", name.value, " (new)"));
      continue;
    }
    for (const Setting& setting : settings_table()) {
      if (setting.of_pool()) take({&setting, name}, running, loaded, plan);
    }
    if (before->second.user_data != pool.user_data) {
      plan.changed.push_back(str("pool.", name.value, ".user_data_file (new content)"));
    }
  }
  for (const auto& [name, pool] : running.core.pools) {
    if (!loaded.core.pools.contains(name)) {
      plan.changed.push_back(str("pool.", name.value, " (gone)"));
    }
  }
}

}  // namespace

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all;
    for (auto* part : {identity_rows, caller_rows, protocol_rows, launch_rows, watch_rows,
                       restart_rows, aws_rows, pool_rows}) {
      for (Setting& row : part()) all.push_back(std::move(row));
    }
    return all;
  }();
  return table;
}

std::string SettingKey::path() const {
  std::string out(setting->section);
  if (setting->of_pool()) out += str('.', pool.value);
  if (!out.empty()) out += '.';
  return out += name.empty() ? setting->key : name;
}

std::vector<SettingKey> SettingKey::names() const {
  std::vector<SettingKey> out{{setting, pool}};
  if (!setting->single.empty()) out.push_back({setting, pool, setting->single});
  return out;
}

std::string SettingKey::variable() const {
  std::string out = str("COMPUTE_BROKER_", with(path(), '_'));
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string SettingKey::flag() const {
  return str("--", with(path(), '-'));
}

std::vector<SettingKey> keys_of(const ServeConfig& config) {
  std::vector<SettingKey> keys;
  for (const Setting& setting : settings_table()) {
    if (!setting.of_pool()) keys.push_back({&setting, {}});
  }
  for (const auto& [name, pool] : config.core.pools) {
    for (const Setting& setting : settings_table()) {
      if (setting.of_pool()) keys.push_back({&setting, name});
    }
  }
  return keys;
}

std::optional<SettingKey> find_setting(std::string_view path) {
  const auto parts = split(path, '.');
  const bool of_pool = parts.size() == 3 && parts[0] == "pool" && is_pool_name(parts[1]);
  if (parts.size() > 2 && !of_pool) return {};
  const std::string_view section = parts.size() == 1 ? "" : parts[0];
  for (const Setting& setting : settings_table()) {
    if (setting.of_pool() != of_pool) continue;
    const bool named =
        setting.key == parts.back() || (!setting.single.empty() && setting.single == parts.back());
    if (setting.section == section && named) {
      return SettingKey{&setting, PoolName{of_pool ? std::string(parts[1]) : std::string()}};
    }
  }
  return {};
}

std::string what_it_takes(const Setting& setting) {
  switch (setting.field.type) {
    case Type::kBool:
      return "takes true or false";
    case Type::kInteger:
      return str("takes a whole number ", between(setting));
    case Type::kDuration:
      return str("takes a time with its unit ", between(setting), ", such as \"90s\" or \"15m\"");
    case Type::kText:
      return str("takes a text in quotes of ", setting.range.min, " to ", setting.range.max,
                 " bytes");
    case Type::kList:
      return str("takes a list of ", setting.range.min, " to ", setting.range.max,
                 " texts, such as [\"a\", \"b\"]");
    case Type::kWarmRules:
      return str("takes a list of ", setting.range.min, " to ", setting.range.max,
                 " windows, such as [{ schedule = \"Mon-Fri 08:00-18:00 America/New_York\", ",
                 "workers = 1 }]");
    case Type::kByRegion:
      return str("takes a table of ", setting.range.min, " to ", setting.range.max,
                 " regions, such as { eu-west-1 = \"a\", us-west-2 = [\"b\", \"c\"] }");
    case Type::kChoice:
      return str("takes one of \"", join(setting.field.choices, "\", \""), '"');
  }
  CHECK(false);
}

Result<Value> read_text(const Setting& setting, std::string_view text) {
  const Error wrong{what_it_takes(setting)};
  switch (setting.field.type) {
    case Type::kBool:
      if (text == "true" || text == "1" || text == "yes") return Value{true};
      if (text == "false" || text == "0" || text == "no") return Value{false};
      return wrong;
    case Type::kInteger:
      if (const auto number = parse_int(text)) return Value{*number};
      return wrong;
    case Type::kDuration:
      if (const auto duration = parse_duration(text)) return Value{*duration};
      return wrong;
    case Type::kList:
      return Value{entries(text)};
    case Type::kWarmRules:
      if (auto rules = warm_rules(text)) return std::move(*rules);
      return wrong;
    case Type::kByRegion:
      if (auto table = by_region(text)) return std::move(*table);
      return wrong;
    case Type::kText:
    case Type::kChoice:
      return Value{std::string(text)};
  }
  CHECK(false);
}

Status check_range(const Setting& setting, const Value& value) {
  const Error wrong{what_it_takes(setting)};
  if (setting.field.type == Type::kChoice) {
    const auto& choices = setting.field.choices;
    const auto& word = std::get<std::string>(value);
    if (std::find(choices.begin(), choices.end(), word) == choices.end()) return wrong;
    return Done{};
  }
  const std::int64_t size = magnitude(value);
  if (size < setting.range.min || size > setting.range.max) return wrong;
  return Done{};
}

ReloadPlan plan_reload(const ServeConfig& running, const ServeConfig& loaded) {
  ReloadPlan plan{loaded, {}, {}};
  for (const Setting& setting : settings_table()) {
    if (!setting.of_pool()) take({&setting, {}}, running, loaded, plan);
  }
  take_pools(running, loaded, plan);
  return plan;
}

}  // namespace cb::app
