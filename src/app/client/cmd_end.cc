// release and terminate-all: what ends machines, and therefore says which.

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "app/client/answer_tables.h"
#include "app/client/cmd_client.h"
#include "app/client/overview.h"
#include "app/config/settings_value.h"
#include "base/text.h"

namespace cb::app {
namespace {

const OverviewWorker* at_address(const std::vector<OverviewWorker>& workers,
                                 const std::string& address) {
  const auto found = std::find_if(workers.begin(), workers.end(),
                                  [&](const auto& worker) { return worker.address == address; });
  return found == workers.end() ? nullptr : &*found;
}

Failure no_such_worker(const BrokerOverview& overview, const std::string& address) {
  std::vector<std::string> known;
  for (const OverviewWorker& worker : overview.ready) known.push_back(worker.address);
  const std::string near = nearest(address, known);
  return {kRefused, str("the broker has no worker at ", address, ", so nothing was released; ",
                        near.empty() ? std::string() : str("did you mean ", near, "? "),
                        "compute-broker status shows those that there are")};
}

// RELEASE is answered OK whatever the address is, as clients in the field expect; what it will do
// is known from the broker's overview. Should the worker end between the two, it has ended.
void release(const ShortOptions& options) {
  if (!options.lease.empty()) {
    ask_broker(options.client.reach, str("RELEASE ", options.address, " lease=", options.lease));
    if (options.client.json) return print_line("{\"ok\":true}");
    return print_line(str("the lease on ", options.address,
                          " is given back; the worker ends when nobody else uses it"));
  }
  const BrokerOverview overview = ask_overview(options.client.reach);
  const OverviewWorker* const ending = at_address(overview.ending, options.address);
  const OverviewWorker* const coming = at_address(overview.coming, options.address);
  if (ending == nullptr && coming == nullptr && !at_address(overview.ready, options.address)) {
    throw no_such_worker(overview, options.address);
  }
  if (coming != nullptr && overview.waiting != 0) {
    throw Failure{kRefused, str(options.address,
                                " is not ready yet and is waited for, so it goes "
                                "on; release it when its caller is done")};
  }
  ask_broker(options.client.reach, str("RELEASE ", options.address));
  const OverviewWorker* const ready = at_address(overview.ready, options.address);
  if (ready != nullptr && ready->leases != 0) {
    throw Failure{kRefused,
                  str(options.address, " goes on, because ", ready->leases,
                      ready->leases == 1 ? " client holds a lease" : " clients hold leases",
                      " on it; compute-broker status --json shows who; with --lease you "
                      "give back your own, and terminate-all ends it all the same")};
  }
  if (options.client.json) return print_line("{\"ok\":true}");
  print_line(str(options.address, ending == nullptr ? " is ending, for everybody who used it"
                                                    : " is ending already"));
}

std::string name_of(const BrokerOverview& overview, const std::string& id) {
  for (const auto* part : {&overview.ready, &overview.coming, &overview.ending}) {
    for (const OverviewWorker& worker : *part) {
      if (worker.instance == id) return worker.name();
    }
  }
  return id;
}

// On a terminal a person confirms what will end; a script has said what it wants.
void confirm(const BrokerOverview& overview) {
  std::fputs("This ends, for everybody:\n", stderr);
  for (const auto* part : {&overview.ready, &overview.coming}) {
    for (const OverviewWorker& worker : *part) {
      std::fprintf(stderr, "  %s%s\n", worker.name().c_str(),
                   worker.state.empty() ? "" : str(", ", worker.state).c_str());
    }
  }
  std::fputs("Go on? [y/N] ", stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Failure{kRefused, "nothing was ended"};
  }
}

void terminate_all(const ShortOptions& options) {
  const BrokerOverview overview = ask_overview(options.client.reach);
  const bool asks = !options.yes && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (asks && !(overview.ready.empty() && overview.coming.empty())) confirm(overview);
  const std::string answer = ask_broker(options.client.reach, "TERMINATE_ALL");
  const std::vector<std::string> ids = terminated_ids(answer);  // also fails for {"error":...}
  if (options.client.json) return print_line(answer);
  for (const std::string& id : ids) print_line(str(name_of(overview, id), " is ending"));
  for (const auto& [id, why] : refused_ends(answer)) {
    print_line(str(name_of(overview, id), " is NOT ending, EC2 refuses it: ", why));
  }
  if (!ids.empty()) return;
  print_line(answer.find("\"terminated\"") == answer.npos
                 ? "there was no worker to end"
                 : "EC2 has not accepted yet; the broker goes on until every worker has ended");
}

}  // namespace

void add_release(CLI::App& app, int& exit_code) {
  add_short(
      app, exit_code,
      {.name = "release",
       .what = "Ends a worker at once, for everybody who uses it; one that is only left alone "
               "ends by itself",
       .example = "compute-broker release 198.51.100.7",
       .addressed = true,
       .leased = true},
      release);
}

void add_terminate_all(CLI::App& app, int& exit_code) {
  add_short(app, exit_code,
            {.name = "terminate-all",
             .what = "Ends every worker and every launch of the broker; asks first on a terminal",
             .example = "compute-broker terminate-all --yes",
             .confirmed = true},
            terminate_all);
}

}  // namespace cb::app
