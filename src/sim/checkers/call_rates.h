#pragma once
// Rule 8, tighter than the buckets: one listing at a time, none sooner than listing_fast after the
// one before, and at the pace of listing_slow while nothing is going on; what an end or a launch is
// asked for again waits for its back-off. While something goes on it lists at the pace of
// listing_fast, and an end that failed is asked for again as soon as its back-off allows. So the
// number of calls depends on neither callers nor workers.

#include <map>
#include <optional>
#include <set>

#include "sim/checkers/history.h"
#include "sim/checkers/launch_memory.h"
#include "sim/world/ground.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class CallRates : public Watcher {
 public:
  CallRates(const Ground& ground, const History& history, const SimStore& store,
            const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), memory_(memory) {}

  // Who gives up in this very moment was waited for until now.
  void answered(CallerId, const core::Answer& answer) override {
    if (std::holds_alternative<core::Refused>(answer)) reason_to_list();
  }
  void asked(CallerId caller, const core::Request& request) override;
  void listing_called(const core::ListInstances& what) override;
  void launch_called(const LaunchCall& call) override;
  void terminate_called(const std::vector<InstanceId>& ids) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>&) override { reason_to_list(); }
  void commit_failed() override { reason_to_list(); }
  void turned() override;
  void went_down() override;

 private:
  struct End {
    Moment not_before{};
    std::size_t failures = 0;
  };

  struct Region {
    std::optional<Moment> last_listing;
    Moment listed_at{};  // it was answered
    std::optional<QueryId> in_flight;
    std::optional<QueryId> by_ids;  // in flight
    bool answered = false;          // a listing, which one question by id may follow
    bool reason = true;             // to list before listing_slow has passed
    std::size_t reasons = 0;        // since the latest turn
    bool reason_before = true;      // at the end of that one
  };

  void give_reason();
  void reason_to_list() {
    for (auto& [name, region] : regions_) region.reason = true;
  }
  void list_often_enough(const Region& region);
  void may_all_be_asked_anew();
  void listed(const core::Listed& answer);
  void probed(const core::Probed& probe);
  void terminate_answered(const core::TerminateAnswered& answer);
  void again_later(const InstanceId& id);
  bool something_goes_on() const;
  void lists_often_enough();
  bool something_pends() const;
  void asks_again_in_time() const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  // Of the process that runs.
  std::map<std::string, Region> regions_;
  std::map<InstanceId, End> ends_;
  std::map<InstanceId, Moment> due_;                 // ends that failed: asked for again by then
  std::map<InstanceId, std::size_t> failed_probes_;  // in a row
  std::optional<Moment> pending_since_;
  std::optional<Moment> list_by_;  // a worker became suspect
};

}  // namespace cb::sim
