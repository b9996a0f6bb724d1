// The one binary: every subcommand is in a file of its own, cmd_*.cc.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/client/client_options.h"
#include "app/client/cmd_client.h"
#include "app/client/cmd_get.h"
#include "app/client/cmd_run.h"
#include "app/cmd_ec2sim.h"
#include "app/config/cmd_check_config.h"
#include "app/fold.h"
#include "app/serve/cmd_serve.h"
#include "app/usage_error.h"
#include "base/check.h"
#include "ec2sim/ec2sim.h"

namespace cb::app {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 1 the broker (or the configuration) says no, 2 wrong usage,\n"
    "3 no broker there, 4 no answer in time. `run` has those of its command.\n\n"
    "Example:\n"
    "  ip=$(compute-broker get)            a worker's address, launched if there is none\n"
    "  compute-broker COMMAND --help       more about one command";

void add_commands(CLI::App& app, int& exit_code) {
  add_serve(app, exit_code);
  add_check_config(app, exit_code);
  add_get(app, exit_code);
  add_ping(app, exit_code);
  add_release(app, exit_code);
  add_status(app, exit_code);
  add_pools(app, exit_code);
  add_list(app, exit_code);
  add_terminate_all(app, exit_code);
  add_run(app, exit_code);
  add_ec2sim(app, exit_code);
}

int run(int argc, char** argv) {
  CLI::App app("Hands out AWS EC2 spot workers on which dserv answers", "compute-broker");
  int exit_code = kOk;
  const std::vector<std::string> args = with_help_option({argv + 1, argv + argc});
  app.set_version_flag("--version", "compute-broker " BROKER_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);
  add_commands(app, exit_code);
  try {
    // CLI11 takes them from the back.
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_name() == "CallForHelp") {
      print_line(folded(app.help(), columns_of(stdout)));
      return kOk;
    }
    if (error.get_exit_code() == 0) return app.exit(error);
    complain(usage_sentence(app, args, error));
    return kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace cb::app

int main(int argc, char** argv) {
  int worker_exit = 0;
  if (cb::ec2sim::run_as_worker_if_asked(argc, argv, worker_exit)) return worker_exit;
  try {
    return cb::app::run(argc, argv);
  } catch (const cb::app::Failure& failure) {
    if (!failure.what.empty()) cb::app::complain(failure.what);
    return failure.exit_code;
  } catch (const std::exception& fault) {
    cb::app::complain(std::string("a fault in compute-broker itself: ") + fault.what());
    return cb::app::kOurFault;
  }
}
