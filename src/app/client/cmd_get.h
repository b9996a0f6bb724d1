#pragma once
// `compute-broker get`, and how `run` gets its worker.

#include <CLI/CLI.hpp>
#include <string>

#include "app/client/broker_client.h"

namespace cb::app {

void add_get(CLI::App& app, int& exit_code);

// Which worker; `client` is this machine's name where none is given.
void add_get_options(CLI::App& command, WorkerWanted& wanted);
// Shows the phases on a terminal. Throws Failure.
WorkersGiven get_and_show(const BrokerOptions& reach, WorkerWanted wanted);

}  // namespace cb::app
