#pragma once
// Rule 10: what a person is told is so. STATUS has one row for each worker that is ready, and every
// field of it is right; STATUS all has what boots, what ends, each launch and the number of those
// who wait as well; LIST_ALL is what EC2's listing showed, asked for after the question and
// without what has terminated; TERMINATE_ALL names what EC2 has accepted to end, all of it, and
// waits for the rest as long as it may; PING of the one ready worker at an address is OK, and of
// anything else "Worker not found".

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/checkers/hand_outs.h"
#include "sim/checkers/warm_demand.h"

namespace cb::sim {

class TrueStatus : public Watcher {
 public:
  TrueStatus(const Ground& ground, const History& history, const SimStore& store,
             const HandOuts& hand_outs, const WarmDemand& warm)
      : ground_(ground), history_(history), store_(store), hand_outs_(hand_outs), warm_(warm) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override { questions_.erase(caller); }
  void cut(CallerId caller) override { questions_.erase(caller); }
  void told(const core::Event& event) override;
  void listing_called(const core::ListInstances& what) override;
  void turned() override {
    upset_ = false;
    pinged_.clear();
    answered_with_.reset();
  }
  void started(const BrokerStart& start) override;
  void went_down() override;

 private:
  using Workers = std::map<InstanceId, core::WorkerRecord>;
  struct Question {
    core::Request request;
    Moment when{};
    bool certain = false;  // the journal says what the broker knew when it was asked
    Workers workers;       // then
    std::map<LeaseId, core::LeaseRecord> leases;  // likewise
    std::set<std::string> pinged;                 // just before it
    std::uint64_t told = 0;                       // before it
    std::set<LaunchToken> launches;
    std::size_t waiting = 0;  // for a worker, then
  };

  void remember(Question& question) const;
  void judge_status(const Question& question, const core::StatusRows& status) const;
  void judge_row(const core::WorkerRecord& record, const core::StatusRow& row,
                 const Question& question) const;
  void judge_clock(const core::WorkerRecord& record, const core::StatusRow& row, bool pinged) const;
  void judge_busy(const core::WorkerRecord& record, const core::StatusRow& row) const;
  void judge_listing(const Question& question, const core::AllInstances& all) const;
  void judge_overview(const Question& question, const core::Overview& all) const;
  bool shows(const std::vector<core::InstanceView>& views,
             const std::vector<core::InstanceView>& base) const;
  const std::string& address_of(const core::InstanceView& view) const;
  bool adopted_at(const core::InstanceView& view, const std::string& address) const;
  void judge_ending(const Question& question, const core::TerminatedIds& ended) const;
  void judge_ping(const Question& question, bool ok) const;
  bool accepted(const InstanceId& id) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const HandOuts& hand_outs_;
  const WarmDemand& warm_;
  std::map<CallerId, Question> questions_;
  std::set<std::string> pinged_;  // since the latest turn
  std::uint64_t told_ = 0;        // all that was no question
  bool upset_ = false;            // something was told since the latest turn
  std::vector<core::InstanceView> listing_, former_listing_;  // the latest two that were told
  std::vector<core::InstanceView> shown_before_ids_, listed_by_ids_;
  Moment listing_told_{};
  std::optional<QueryId> by_ids_query_;
  std::optional<QueryId> query_;         // the latest by tag
  std::set<InstanceId> accepted_;        // EC2 said so to TerminateInstances
  std::set<InstanceId> shown_ending_;    // and in its listings
  std::optional<Moment> refused_;        // and that it will not
  std::optional<Moment> answered_with_;  // when the first TERMINATE_ALL answered in this turn came
  Moment started_{};
};

}  // namespace cb::sim
