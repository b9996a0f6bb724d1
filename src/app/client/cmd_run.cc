#include "app/client/cmd_run.h"

#include <unistd.h>

#include <memory>

#include "app/client/child_process.h"
#include "app/client/client_options.h"
#include "app/client/cmd_get.h"
#include "app/client/pinger.h"
#include "base/text.h"

namespace cb::app {
namespace {

struct Run {
  ClientOptions client;
  WorkerWanted get;
  bool release = false;
  int worker_port = 2560;
  Duration ping_interval = seconds{15};
  std::vector<std::string> command;
};

WorkerGiven worker_for(const Run& options) {
  try {
    return get_and_show(options.client.reach, options.get);
  } catch (const Failure& failure) {
    throw Failure{failure.exit_code == kUsage ? kUsage : kNoWorker, failure.what};
  }
}

// Our claim is over, and the worker goes on for others until it has been idle: a use of it that is
// not the lease's says so. Where that fails the claim ends by itself, somewhat later.
void give_back(const Run& options, const WorkerGiven& claim) {
  if (claim.lease.empty()) return;
  const BrokerOptions reach = in_haste(options.client.reach);
  try {
    ask_broker(reach, str("PING ", claim.address));
    ask_broker(reach, str("RELEASE ", claim.address, " lease=", claim.lease));
  } catch (const Failure&) {
    return;
  }
}

void release(const Run& options, const WorkerGiven& claim) {
  try {
    ask_broker(options.client.reach, str("RELEASE ", claim.address));
  } catch (const Failure& failure) {
    complain(str("the worker ", claim.address, " was not released (", failure.what,
                 "); it ends when it has been idle"));
  }
}

int run_on(WorkerGiven given, const Run& options) {
  const std::string address = given.address;
  const SignalsHeld signals;
  const pid_t child = start(
      options.command,
      {{"WORKER_IP", address}, {"WORKER_PORT", std::to_string(options.worker_port)}}, signals);
  const Pinger pinger(options.client.reach, std::move(given), options.ping_interval);
  return wait_for(child, signals);
}

// Somebody who looks is told what goes on costing money.
void say_that_it_stays(const Run& options, const std::string& address) {
  if (options.release || ::isatty(STDERR_FILENO) != 1) return;
  complain(str("the worker ", address, " goes on for others and ends when it has been idle; ",
               "to end it now: compute-broker release ", address));
}

int run(const Run& options) {
  WorkerGiven given = worker_for(options);
  const std::string address = given.address;
  struct AtEnd {
    const Run& options;
    const WorkerGiven claim;
    ~AtEnd() {
      give_back(options, claim);
      if (options.release) release(options, claim);
    }
  } at_end{options, {given.address, given.lease}};
  const int code = run_on(std::move(given), options);
  say_that_it_stays(options, address);
  return code;
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "run", "Runs a command with the address of the pool's worker in WORKER_IP and WORKER_PORT");
  const auto options = std::make_shared<Run>();
  options->get.leased = true;
  add_client_options(*command, options->client, Json::kNo);
  add_get_options(*command, options->get);
  command->add_flag(
      "--release", options->release,
      "End the worker, for everybody who holds no lease on it, when the command has ended");
  command
      ->add_option("--worker-port", options->worker_port, "What WORKER_PORT says; as in the pool")
      ->type_name("PORT")
      ->check(CLI::Range(1, 65'535).description(""))
      ->capture_default_str();
  add_duration(*command, "--ping-interval", options->ping_interval, milliseconds{100}, hours{24},
               "How often the broker is told that the worker is in use");
  command->add_option("CMD", options->command, "The command and its arguments, after --")
      ->required();
  command->footer(
      "The exit code is the command's own, or 128 + the signal that ended it; 125: no worker,\n"
      "126: the command cannot be executed, 127: there is no such command.\n\n"
      "Example:\n  compute-broker run --release -- sh -c 'tclsh compute.tcl $WORKER_IP'");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace cb::app
