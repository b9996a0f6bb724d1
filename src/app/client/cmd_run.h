#pragma once
// `compute-broker run -- CMD...`.

#include <CLI/CLI.hpp>

namespace cb::app {

void add_run(CLI::App& app, int& exit_code);

}  // namespace cb::app
