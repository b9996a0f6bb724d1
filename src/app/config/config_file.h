#pragma once
// Reads the TOML of a configuration file into assignments to known keys.

#include <string>
#include <vector>

#include "app/config/settings_table.h"

namespace cb::app {

// A value that is to be set, and where it was found. Its type is the setting's; its range is not
// checked yet.
struct Assignment {
  SettingKey key;
  Value value;
  std::string place;  // "compute-broker.toml:3", for sentences and as its origin
};

struct ConfigFile {
  std::vector<Assignment> assignments;
  std::vector<Assignment> defaults;  // of [defaults]: settings of a pool, and their pool is empty
  std::vector<PoolName> pools;  // every [pool.NAME], also the empty ones, in the order of the file
  std::vector<std::string> faults;  // one sentence each
};

// `text` is the content of the file; `name` is what sentences call it.
ConfigFile parse_config_file(const std::string& text, const std::string& name);

}  // namespace cb::app
