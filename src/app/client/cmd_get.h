#pragma once
// `compute-broker get`, and how `run` gets its worker.

#include <CLI/CLI.hpp>
#include <string>

#include "app/client/broker_client.h"

namespace cb::app {

void add_get(CLI::App& app, int& exit_code);

// How long to wait for a worker, and under which name to ask.
struct GetOptions {
  Duration wait = minutes{10};
  std::string client;  // empty: this machine's name
};
void add_get_options(CLI::App& command, GetOptions& options);
// Shows the phases on a terminal. Throws Failure.
std::string get_and_show(const BrokerOptions& reach, const GetOptions& options);

}  // namespace cb::app
