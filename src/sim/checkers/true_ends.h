#pragma once
// Rule 14: every worker ends for the reason that is written, at its time. The sentence of the
// journal holds of the world when it is written, with its numbers; nothing that a restart found
// ends before restart_grace for want of use or of an answer; what cannot be reached for
// unreachable_timeout ends unless a PING holds it; and a launch that turns up after it was given up
// ends at once when nobody waits, and is used when somebody does.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/launch_memory.h"
#include "sim/checkers/warm_demand.h"

namespace cb::sim {

class TrueEnds : public Watcher {
 public:
  TrueEnds(const Ground& ground, const History& history, const SimStore& store,
           const LaunchMemory& memory, const WarmDemand& warm)
      : ground_(ground), history_(history), store_(store), memory_(memory), warm_(warm) {}

  void hung_up(CallerId) override { left_ = ground_.now(); }
  void answered(CallerId caller, const core::Answer& answer) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void started(const BrokerStart& start) override;
  void turned() override;
  void went_down() override;
  void journal_lost() override { reasons_.clear(); }
  void journal_restored(const core::Records& records) override {
    for (const auto& [id, worker] : records.workers) reasons_.try_emplace(id, worker.end_reason);
  }

 private:
  using Record = core::WorkerRecord;
  void judge(const Record& record);
  bool holds(const Record& record) const;
  bool idle(const Record& record) const;
  bool boot(const Record& record) const;
  bool unreachable(const Record& record) const;
  bool late(const Record& record) const;
  bool by_somebody(const Record& record) const;
  bool by_ec2(const Record& record) const;
  bool no_address(const Record& record) const;
  void ended_without_address();
  void must_end(const core::Probed& probe) const;
  void listed(const core::InstanceView& view);
  void shown(const core::InstanceView& view);
  // As of the step that decided it.
  Duration age(const Record& record) const { return ground_.turn.now.boot - record.begun; }
  const core::PoolSettings& pool_of(const Record& record) const;
  Duration idle_limit(const Record& record) const;
  // Since the process started, when the journal gave it this worker.
  bool spared_by_restart(const Record& record) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  const WarmDemand& warm_;
  std::map<InstanceId, std::string> reasons_;  // as first written
  std::map<InstanceId, Moment> running_;       // shown so by a listing, to this process
  std::set<InstanceId> recovered_;             // by the process that runs
  // Who asked for it: RELEASE of an address since the latest turn, TERMINATE_ALL of this process.
  std::map<std::string, std::set<std::string>> released_;
  std::set<std::string> ended_all_;
  std::vector<InstanceId> shown_running_;  // without an address, since the latest turn
  std::vector<InstanceId> turned_up_;      // of closed launches, since the latest turn
  std::map<std::string, Moment> pinged_;   // addresses, and acknowledged
  Moment left_{};                          // somebody has left the waiting room
};

}  // namespace cb::sim
