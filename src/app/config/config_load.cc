#include "app/config/config_load.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

#include "app/config/config_checks.h"
#include "app/config/config_file.h"
#include "base/text.h"
#include "wire/gzip.h"

namespace cb::app {
namespace {

constexpr std::string_view kPrefix = "COMPUTE_BROKER_";
constexpr std::string_view kFileVariable = "COMPUTE_BROKER_CONFIG";
constexpr std::size_t kFileMax = 1 << 20;

std::string value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? std::string() : found->second;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code ignored;
  if (in && std::filesystem::is_directory(path, ignored)) return Error{"it is a directory"};
  if (!in) return Error{std::strerror(errno)};
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (content.size() > kFileMax) return Error{"it is larger than 1 MiB"};
  return content;
}

class Loader {
 public:
  Loader(const ServeFlags& flags, const Environment& environment)
      : flags_(flags), environment_(environment) {}

  Result<LoadedConfig> load() {
    take_file();
    take_environment();
    take_flags();
    fill_in();
    for (std::string& sentence : check_config(loaded_)) faults_.push_back(std::move(sentence));
    if (!faults_.empty()) return Error{join(faults_, "\n")};
    return std::move(loaded_);
  }

 private:
  ServeConfig& config() { return loaded_.config; }

  void assign(const Assignment& a) {
    const std::string path = a.key.path();
    if (const Status status = check_range(*a.key.setting, a.value); !status) {
      faults_.push_back(
          str(a.place, ": ", path, ' ', status.error().what, "; it is ", to_toml(a.value)));
      return;
    }
    a.key.setting->field.set(config(), a.key.pool, a.value);
    loaded_.origins[path] = a.place;
  }

  void assign_text(const SettingKey& key, const std::string& text, const std::string& place) {
    if (auto value = read_text(*key.setting, text)) {
      assign({key, std::move(*value), place});
    } else {
      faults_.push_back(
          str(place, ": ", key.path(), ' ', value.error().what, "; it is ", toml_quoted(text)));
    }
  }

  void take_file() {
    std::string source;
    loaded_.file = flags_.config_file;
    if (loaded_.file.empty()) {
      source = str(" in ", kFileVariable);
      loaded_.file = value_of(environment_, kFileVariable);
    }
    if (loaded_.file.empty()) return;
    const auto text = read_file(loaded_.file);
    if (!text) {
      faults_.push_back(str("cannot read the configuration file ", loaded_.file, ": ",
                            text.error().what, "; name one that can be read", source));
      return;
    }
    ConfigFile file = parse_config_file(*text, loaded_.file);
    faults_ = std::move(file.faults);
    for (std::size_t place = 0; place != file.pools.size(); ++place) {
      config().core.pools[file.pools[place]].place = place;
      names_pools_ = true;
      names_default_ = names_default_ || file.pools[place].value == "default";
    }
    for (const Assignment& assignment : file.assignments) assign(assignment);
    for (Assignment& assignment : file.defaults) take_default(std::move(assignment));
  }

  void take_default(Assignment assignment) {
    const Setting& setting = *assignment.key.setting;
    if (const Status status = check_range(setting, assignment.value); !status) {
      faults_.push_back(str(assignment.place, ": defaults.", setting.key, ' ', status.error().what,
                            "; it is ", to_toml(assignment.value)));
      return;
    }
    defaults_.push_back(std::move(assignment));
  }

  // Every key has its variable. One that is none's is only warned of: container platforms set
  // such names for a service called compute-broker.
  void take_environment() {
    std::set<std::string> known{std::string(kFileVariable)};
    std::vector<std::string> names;
    for (const SettingKey& key : keys_of(config())) {
      for (const SettingKey& named : key.names()) {
        const std::string name = named.variable();
        known.insert(name);
        names.push_back(name);
        if (const auto found = environment_.find(name); found != environment_.end()) {
          assign_text(key, found->second, str("environment ", name));
        }
      }
    }
    for (const auto& [name, text] : environment_) {
      if (!name.starts_with(kPrefix) || known.contains(name)) continue;
      const std::string near = nearest(name, names);
      loaded_.warnings.push_back(
          str("environment ", name, " is no setting and was ignored",
              near.empty() ? std::string() : str("; did you mean ", near, '?')));
    }
  }

  void take_flags() {
    for (const SettingFlag& flag : flags_.settings) {
      const auto key = find_setting(flag.path);
      if (!key) {
        std::vector<std::string> paths;
        for (const SettingKey& each : keys_of(config())) paths.push_back(each.path());
        const std::string near = nearest(flag.path, paths);
        faults_.push_back(str("flag ", flag.flag, ": unknown key ", flag.path,
                              near.empty() ? std::string("; docs/configuration.md lists all keys")
                                           : str("; did you mean ", near, '?')));
        continue;
      }
      if (key->setting->of_pool()) config().core.pools[key->pool];
      assign_text(*key, flag.text, str("flag ", flag.flag));
    }
  }

  // What no pool says of itself, however it would say so.
  void fill_in_defaults(const PoolName& pool) {
    for (Assignment assignment : defaults_) {
      assignment.key.pool = pool;
      const std::string path = assignment.key.path();
      if (loaded_.origins.contains(path)) continue;
      assign(assignment);
      loaded_.inherited.insert(path);
    }
  }

  // Whoever names the pools has no other, unless something is said of it elsewhere.
  void drop_unnamed_default() {
    const bool said = std::any_of(loaded_.origins.begin(), loaded_.origins.end(), [](auto& origin) {
      return origin.first.starts_with("pool.default.");
    });
    if (names_pools_ && !names_default_ && !said) config().core.pools.erase(PoolName{"default"});
  }

  void fill_in() {
    drop_unnamed_default();
    for (auto& [name, pool] : config().core.pools) {
      fill_in_defaults(name);
      const std::string idle = str("pool.", name.value, ".idle_timeout");
      if (!loaded_.origins.contains(idle)) {
        pool.idle_timeout = config().idle_timeout;
        if (loaded_.origins.contains("idle_timeout")) {
          loaded_.origins[idle] = loaded_.origins["idle_timeout"];
        }
      }
      read_user_data(name, pool);
    }
    if (config().state_dir.empty()) find_state_dir();
  }

  void read_user_data(const PoolName& name, core::PoolSettings& pool) {
    const std::string file = config().user_data_file[name];
    if (file.empty()) return;
    const std::string path = str("pool.", name.value, ".user_data_file");
    const auto full = std::filesystem::path(loaded_.file).parent_path() / file;
    const auto content = read_file(full.string());
    if (!content) {
      faults_.push_back(str(loaded_.origin(path), ": ", path, ": cannot read ", full.string(), ": ",
                            content.error().what));
      return;
    }
    if (!wire::is_gzip(*content)) {
      pool.user_data = *content;
      return;
    }
    auto plain = wire::gunzip(*content, kFileMax);
    if (!plain) {
      faults_.push_back(str(loaded_.origin(path), ": ", path, ": ", full.string(),
                            " cannot be decompressed: ", plain.error().what));
      return;
    }
    pool.user_data = std::move(*plain);
  }

  void find_state_dir() {
    std::string dir = value_of(environment_, "STATE_DIRECTORY");
    std::string origin = "environment STATE_DIRECTORY";
    if (dir.empty() && !value_of(environment_, "XDG_STATE_HOME").empty()) {
      dir = value_of(environment_, "XDG_STATE_HOME") + "/compute-broker";
      origin = "environment XDG_STATE_HOME";
    } else if (dir.empty() && !value_of(environment_, "HOME").empty()) {
      dir = value_of(environment_, "HOME") + "/.local/state/compute-broker";
      origin = "environment HOME";
    }
    // systemd lists several between colons; ours is the first.
    config().state_dir = dir.substr(0, dir.find(':'));
    if (!dir.empty()) loaded_.origins["state_dir"] = origin;
  }

  const ServeFlags& flags_;
  const Environment& environment_;
  LoadedConfig loaded_;
  std::vector<std::string> faults_;
  std::vector<Assignment> defaults_;                  // of every pool; within their ranges
  bool names_pools_ = false, names_default_ = false;  // the file does
};

}  // namespace

std::string LoadedConfig::origin(const std::string& path) const {
  const auto found = origins.find(path);
  return found == origins.end() ? "default" : found->second;
}

Environment process_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == text.npos) continue;
    out[std::string(text.substr(0, equals))] = std::string(text.substr(equals + 1));
  }
  return out;
}

Result<LoadedConfig> load_config(const ServeFlags& flags, const Environment& environment) {
  return Loader(flags, environment).load();
}

}  // namespace cb::app
