#pragma once
// The client's short commands.

#include <CLI/CLI.hpp>

namespace cb::app {

void add_ping(CLI::App& app, int& exit_code);
void add_release(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_terminate_all(CLI::App& app, int& exit_code);

}  // namespace cb::app
