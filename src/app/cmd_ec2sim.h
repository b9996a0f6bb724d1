#pragma once
// The subcommand `compute-broker ec2sim`.

#include <CLI/App.hpp>

namespace cb::app {

// Adds the subcommand with its options and its help. When it is chosen, it runs until it is
// stopped and leaves its exit code in `exit_code`, which must outlive the parsing.
void add_ec2sim(CLI::App& app, int& exit_code);

}  // namespace cb::app
