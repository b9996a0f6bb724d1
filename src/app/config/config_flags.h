#pragma once
// The flags of serve: one for each setting, from the table.

#include <CLI/CLI.hpp>

#include "app/config/config_load.h"

namespace cb::app {

// Adds --config, --set, and a flag for every key (of pools, for those of pool default). `flags`
// outlives `command` and is complete once it is parsed. Flags of rare settings are left out of
// --help, which says so.
void add_setting_flags(CLI::App& command, ServeFlags& flags);

}  // namespace cb::app
