#pragma once
// Puts a configuration together: defaults, then the file, then COMPUTE_BROKER_* variables, then
// flags. Blocks on reading files; keeps nothing.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/config/config.h"
#include "base/result.h"

namespace cb::app {

using Environment = std::map<std::string, std::string>;
Environment process_environment();

// One `--max-workers 4` or `--set max_workers=4`.
struct SettingFlag {
  std::string flag;  // as it was written, for the origin: "--max-workers"
  std::string path;  // "max_workers"
  std::string text;  // "4"
};

// What the command line of serve says. Filled by add_setting_flags().
struct ServeFlags {
  std::string config_file;  // empty: COMPUTE_BROKER_CONFIG, or no file
  std::vector<SettingFlag> settings;
};

struct LoadedConfig {
  ServeConfig config;
  std::string file;                            // empty: none
  std::map<std::string, std::string> origins;  // by path; absent: "default"
  std::set<std::string> inherited;             // paths of pools that [defaults] has said
  std::vector<std::string> warnings;           // one sentence each

  // "default", "compute-broker.toml:3", "environment COMPUTE_BROKER_NAME", "flag --name".
  std::string origin(const std::string& path) const;
};

// The error has one line for each fault, each a sentence that names the place and the key.
// Loads again on SIGHUP: the same flags and environment, and the file as it is now.
Result<LoadedConfig> load_config(const ServeFlags& flags, const Environment& environment);

}  // namespace cb::app
