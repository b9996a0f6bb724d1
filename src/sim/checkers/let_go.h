#pragma once
// Rule 6: nothing leaves the journal before its time, and what is over does not stay. An open
// launch is dropped when it is settled, or closed when no listing has shown its instance for
// unknown_outcome_grace; a closed one is remembered for a day, or until its instance turns up; a
// worker is dropped when EC2 calls it terminated, or does not know it: not shown by listings for
// missing_grace, nor younger than not_visible_grace, nor by its id.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/checkers/history.h"
#include "sim/checkers/launch_memory.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class LetGo : public Watcher {
 public:
  LetGo(const Ground& ground, const History& history, const SimStore& store,
        const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), memory_(memory) {}

  void listing_called(const core::ListInstances& what) override;
  void told(const core::Event& event) override;
  void committed(const std::vector<core::Change>& changes) override;
  void decided(const std::vector<core::Change>& changes) override;
  void turned() override;
  void starting(Duration misjudged) override;
  void went_down() override;
  void journal_lost() override;

 private:
  struct Unseen {
    Moment since{};                  // the first listing that did not show it
    std::optional<Moment> believed;  // the same, while it was known whose the keys are
    bool by_id = false;              // EC2 does not know its id either, since then
    std::optional<Moment> asked;     // for its id, the latest time
    bool long_enough = false;        // then, for it to be gone
  };

  void listed(const core::Listed& answer);
  void shown(const core::InstanceView& view);
  void missed(const std::set<InstanceId>& seen, const std::string& region);
  void judge(const core::ClosedAttempt& closed) const;
  void judge(const core::DropAttempt& drop, bool closes) const;
  void judge(const core::DropClosedAttempt& drop) const;
  void judge(const core::DropWorker& drop) const;
  void judge(const core::DropLaunchStamp& drop) const;
  void judge(const core::WorkerRecord& record) const;
  bool came_to_nothing(const LaunchToken& token) const;
  Duration age(const InstanceId& id) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  std::map<InstanceId, Unseen> unseen_;
  std::map<QueryId, std::vector<InstanceId>> asked_by_id_;
  struct Region {
    std::optional<QueryId> query;  // the listing by tag that is under way
    Moment query_begun{};
    Moment judged_begun{};      // of the latest listing that was told
    bool listing_done = false;  // since the latest turn
  };
  void asked_for_by_id(Region& region, const std::string& name);
  std::map<std::string, Region> regions_;
  std::set<InstanceId> answered_;  // by launches, since the latest turn: not in the journal yet
  Duration misjudged_{0};          // by reboots, either way, in all
  std::set<InstanceId> told_ended_, told_ended_now_;  // ever, and to the process that runs
  std::set<LaunchToken> turned_up_, token_ended_;
};

}  // namespace cb::sim
