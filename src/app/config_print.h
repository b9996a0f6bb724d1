#pragma once
// The configuration as text for people: what is in effect and why, and the reference of all keys.

#include <string>

#include "app/config_load.h"

namespace cb::app {

// A TOML file that says all that is in effect; behind each value stands where it came from.
std::string effective_config(const LoadedConfig& loaded);

// docs/configuration.md, generated from the table.
std::string configuration_markdown();

}  // namespace cb::app
