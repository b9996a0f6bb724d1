#pragma once
// `compute-broker serve`: the daemon.

#include <CLI/CLI.hpp>

namespace cb::app {

// Adds the subcommand. `exit_code` is set when it has run: 0 after a clean stop, 1 when it could
// not start. It outlives `app`.
void add_serve(CLI::App& app, int& exit_code);

}  // namespace cb::app
