#include "app/client/cmd_run.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

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

WorkersGiven workers_for(const Run& options) {
  try {
    return get_and_show(options.client.reach, options.get);
  } catch (const Failure& failure) {
    throw Failure{failure.exit_code == kUsage ? kUsage : kNoWorker, failure.what};
  }
}

// Our claim is over, and the worker goes on for others until it has been idle: a use of it that is
// not the lease's says so. Not where it was ours alone: while it counts as used nobody else can
// have it so. Where that fails the claim ends by itself, somewhat later.
void give_back(const Run& options, const WorkersGiven::One& claim) {
  if (claim.lease.empty()) return;
  const BrokerOptions reach = in_haste(options.client.reach);
  try {
    if (!options.get.alone) ask_broker(reach, str("PING ", claim.address));
    ask_broker(reach, str("RELEASE ", claim.address, " lease=", claim.lease));
  } catch (const Failure&) {
    return;
  }
}

void release(const Run& options, const std::string& address) {
  try {
    ask_broker(options.client.reach, str("RELEASE ", address));
  } catch (const Failure& failure) {
    complain(str("the worker ", address, " was not released (", failure.what,
                 "); it ends when it has been idle"));
  }
}

// In a packed pool several leases may be on one worker.
std::vector<std::string> addresses_of(const WorkersGiven& given, bool each_once) {
  std::vector<std::string> out;
  for (const WorkersGiven::One& worker : given.workers) {
    const bool known = std::find(out.begin(), out.end(), worker.address) != out.end();
    if (!each_once || !known) out.push_back(worker.address);
  }
  return out;
}

int run_on(WorkersGiven given, const Run& options) {
  const SignalsHeld signals;
  const pid_t child = start(options.command,
                            {{"WORKER_IP", given.workers.front().address},
                             {"WORKER_IPS", join(addresses_of(given, false), " ")},
                             {"WORKER_PORT", std::to_string(options.worker_port)}},
                            signals);
  const Pinger pinger(options.client.reach, std::move(given), options.ping_interval);
  return wait_for(child, signals);
}

// Somebody who looks is told what goes on costing money.
void say_that_they_stay(const Run& options, const std::vector<std::string>& addresses) {
  if (options.release || options.get.alone || ::isatty(STDERR_FILENO) != 1) return;
  const std::string all = join(addresses, ", ");
  complain(addresses.size() == 1
               ? str("the worker ", all, " goes on for others and ends when it has been idle; ",
                     "to end it now: compute-broker release ", all)
               : str("the workers ", all, " go on for others and end when they have been idle; ",
                     "to end one now: compute-broker release ", addresses.front()));
}

int run(const Run& options) {
  WorkersGiven given = workers_for(options);
  struct AtEnd {
    const Run& options;
    const std::vector<WorkersGiven::One> claims;
    const std::vector<std::string> addresses;
    ~AtEnd() {
      for (const WorkersGiven::One& claim : claims) give_back(options, claim);
      if (!options.release) return;
      for (const std::string& address : addresses) release(options, address);
    }
  } at_end{options, given.workers, addresses_of(given, true)};
  const int code = run_on(std::move(given), options);
  say_that_they_stay(options, at_end.addresses);
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
      "With --count WORKER_IPS has all their addresses, with blanks between; WORKER_IP the "
      "first.\n\n"
      "The exit code is the command's own, or 128 + the signal that ended it; 125: no worker,\n"
      "126: the command cannot be executed, 127: there is no such command.\n\n"
      "Example:\n  compute-broker run --release -- sh -c 'tclsh compute.tcl $WORKER_IP'");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace cb::app
