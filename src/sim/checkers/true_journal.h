#pragma once
// Rule 6: the journal is true. After a commit it is what the broker holds, but for idle clocks and
// counts, which may be behind by as much as is said of them; and each record says of an instance
// what EC2 says, of a launch what was asked for, and of a time when it was.

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"
#include "sim/world/process.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class TrueJournal : public Watcher {
 public:
  TrueJournal(const Ground& ground, Ec2& ec2, const History& history, const SimStore& store,
              const Process& process)
      : ground_(ground), ec2_(ec2), history_(history), store_(store), process_(process) {}

  void committed(const std::vector<core::Change>& changes) override;
  void commit_failed() override { compare_ = false; }
  void turned() override;
  void launch_called(const LaunchCall& call) override { called_.insert(call.token); }
  // A reboot that took longer than restart_elapsed_max makes the past look shorter.
  void starting(Duration misjudged) override {
    misjudged_ = misjudged_ || misjudged != Duration{0};
  }
  void went_down() override;
  void journal_lost() override;

 private:
  struct Seen {
    core::WorkerPhase phase = core::WorkerPhase::kBooting;
    std::string address;
    std::optional<WallTime> launched;
    bool operator==(const Seen&) const = default;
  };

  void judge(const core::AttemptRecord& record);
  void judge(const core::WorkerRecord& record);
  void judge(const core::LaunchStamp& record);
  void judge(const core::ClosedAttempt& record);
  void judge(const core::BrokerRecord& record);
  template <class Other>
  void judge(const Other&) {}

  void judge_view(const core::WorkerRecord& record, const Instance& instance) const;
  void begun_with_its_call(const core::WorkerRecord& record) const;
  void risen(const core::WorkerRecord& record) const;
  void same_launches(const core::Records& held) const;
  void same_workers(const core::Records& held) const;
  bool account(const std::string& name) const;
  Duration age(Instant then) const { return ground_.turn.now.boot - then; }

  const Ground& ground_;
  Ec2& ec2_;
  const History& history_;
  const SimStore& store_;
  const Process& process_;
  bool misjudged_ = false;
  bool compare_ = false;
  unsigned touches_ = 0;  // commits that only moved idle clocks, since the latest comparison
  std::unordered_map<InstanceId, Seen> seen_;  // in the journal
  std::set<LaunchToken> intended_, counted_, closed_;
  std::set<LaunchToken> called_, own_;  // by the process that runs: called, intended
  std::optional<core::BrokerRecord> broker_;
};

}  // namespace cb::sim
