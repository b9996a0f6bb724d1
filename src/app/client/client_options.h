#pragma once
// What the client's commands have in common on the command line and on the terminal.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/client/broker_client.h"

namespace cb::app {

struct ClientOptions {
  BrokerOptions reach;
  bool json = false;
};

// Adds --broker, --timeout and, where the command has it, --json.
enum class Json { kYes, kNo };
void add_client_options(CLI::App& command, ClientOptions& options, Json json = Json::kYes);

// Adds an option such as `--wait 10m`, held between `min` and `max`.
void add_duration(CLI::App& command, const std::string& name, Duration& value, Duration min,
                  Duration max, const std::string& doc);

// Runs `body`. With --json its Failure is an object on stdout, {"error":"..."}, and nothing else.
void with_json_errors(const ClientOptions& options, const std::function<void()>& body);

// One line on stdout. Fails with kRefused when it cannot be written.
void print_line(const std::string& line);
// One line on stderr: "compute-broker: ...".
void complain(const std::string& sentence);

// Columns as wide as their widest entry; the first row is the heading. On a terminal that is too
// narrow for it, a few lines for each row.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace cb::app
