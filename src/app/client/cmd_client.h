#pragma once
// The client's short commands: what they have in common, and each of them.

#include <CLI/CLI.hpp>
#include <string>

#include "app/client/client_options.h"

namespace cb::app {

struct ShortOptions {
  ClientOptions client;
  std::string address;
  std::string lease;  // empty: none
  bool yes = false;
};

struct CommandWords {
  const char* name;
  const char* what;
  const char* example;
  bool addressed = false;  // takes IP
  bool leased = false;     // and --lease
  bool confirmed = false;  // asks on a terminal, unless --yes
};

using ShortBody = void (*)(const ShortOptions& options);
// Adds a subcommand whose work is `body`; it throws Failure.
CLI::App* add_short(CLI::App& app, int& exit_code, const CommandWords& words, ShortBody body);

void add_ping(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_pools(CLI::App& app, int& exit_code);
void add_list(CLI::App& app, int& exit_code);
void add_release(CLI::App& app, int& exit_code);        // cmd_end.cc
void add_terminate_all(CLI::App& app, int& exit_code);  // cmd_end.cc

}  // namespace cb::app
