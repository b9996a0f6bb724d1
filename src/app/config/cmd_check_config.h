#pragma once
// `compute-broker check-config FILE`.

#include <CLI/CLI.hpp>

namespace cb::app {

void add_check_config(CLI::App& app, int& exit_code);

}  // namespace cb::app
