#pragma once
// The parts of the broker and how events reach them. Internal to core.

#include <optional>
#include <string>
#include <vector>

#include "core/broker.h"
#include "core/watch/cloud_watches.h"
#include "core/watch/mass_termination.h"

namespace cb::core {

// What a broker is made of, put together.
struct Parts {
  explicit Parts(EncodeLaunch encode_launch) : encode(encode_launch) {}

  EncodeLaunch encode;
  Step step;
  WaitingRoom waiting{step};
  WorkerPool workers{step};
  LeaseTable leases{step, workers};
  Terminations terminations{step, workers, leases};
  LaunchLimits limits{step};
  Claims claims{step, workers};
  WarmRules warm{step};
  Launcher launcher{step, encode, waiting, workers, terminations, limits, warm};
  Probes probes{step, workers, leases, terminations, launcher};
  CloudWatches watches{step, workers, terminations, launcher, probes, claims};
  MassTermination mass{step, workers, terminations, launcher, waiting};
};

struct Broker::State : Parts {
  State(Settings settings, EncodeLaunch encode_launch) : Parts(encode_launch) {
    step.settings = std::move(settings);
    step.watch_regions();
  }

  // One for each kind of event; broker_requests.cc has those of clients.
  void on(const Started& event);
  void on(const Identified& event) { watches.identified(event.identity); }
  void on(const KeysChanged&) { watches.keys_changed(); }
  void on(const Asked& event);
  void on(const CallerGone& event);
  void on(const ConnectionLost& event) { leases.lost(event.connection); }
  void on(const LaunchAnswered& event) { launcher.answered(event); }
  void on(const Listed& event) { watches.listed(event); }
  void on(const TerminateAnswered& event);
  void on(const Tagged& event) { claims.tagged(event); }
  void on(const Probed& event) { probes.probed(event); }
  void on(const TimePassed& event);
  void on(const SaveFailed& event);
  void on(const SaveWorks& event);
  void on(const SettingsChanged& event);
  void on(const WarmPlanned& event) { warm.plan(event.windows); }
  void on(const StopRequested& event);

  void ask(CallerId caller, const GetWorker& request);
  void ask(CallerId caller, const Ping& request);
  void ask(CallerId caller, const Release& request);
  void ask(CallerId caller, const Renew& request);
  void ask(CallerId caller, const ShowStatus& request);
  void ask(CallerId caller, const ListAll& request);
  void ask(CallerId caller, const TerminateAll& request);

  StatusRows ready_rows();
  Overview overview();
  void show_pools(Overview& out) const;
  void name_regions(Records& records);
  void save_all(const Records& records);
  void recover(const WorkerRecord& record, const Records& records);
  void notice_pause(Instant before);
  bool waits_for_the_world(const DueTimer& timer);
  void due(const Timer& timer);
  void patience_ended(CallerId caller);
  // A worker goes to somebody, with a lease or without.
  WorkerAddress use(const Worker& worker);
  struct Claimant {
    const Need& need;
    ConnectionId connection;
    const std::string& client;
    std::optional<Duration> hold;
  };
  WorkerAddress lease(const Worker& worker, const Claimant& who);
  // Why the request can never be met by that pool.
  std::optional<Refused> cannot_be(const GetWorker& request, const Need& need, const PoolName& name,
                                   const PoolSettings& pool) const;
  const Worker* at_once(const PoolName& pool, const Need& need) const;
  void give_up(const Lease& lease);
  void release(const Worker& worker);
  void end_released(const Worker& worker);
  void unknown_worker(CallerId caller);
  // Callers that wait get a worker, or one is sent for, or they hear why not.
  void settle_waiting();
  bool settled(const PoolName& pool);
  void serve_waiting(const PoolName& pool);
  bool serve(const PoolName& pool, const Need& need);
  bool keeps_from(const PoolName& pool, const Need& held, const Need& other) const;
  std::vector<const Worker*> workers_for_count(const PoolName& pool, const Need& need) const;
  void keep_warm();
  void handed_out(const Worker& worker, std::size_t callers);
  std::vector<PoolName> to_be_settled();
  // How many callers were.
  std::size_t refuse(const PoolName& pool, const Need& need, const NoLaunch& none);
  void end_unfit();
  void tell_progress();
  void end_step();

  Origin origin;            // of the request at hand
  ConnectionId connection;  // by which it came
  bool begun = false;
  bool ending_all = false;
};

}  // namespace cb::core
