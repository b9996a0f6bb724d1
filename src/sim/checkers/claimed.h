#pragma once
// Rule 7, the other way round: our workers say that their broker lives. Whoever of our name looks
// at them sees a claim that was renewed within half of takeover_after; renewals are few, whatever
// the number of workers, launches and callers.

#include <map>
#include <optional>

#include "base/text.h"
#include "sim/checkers/history.h"

namespace cb::sim {

class Claimed : public Watcher {
 public:
  Claimed(const Ground& ground, const History& history) : ground_(ground), history_(history) {}

  void tag_called(const core::TagInstances& what) override;
  void terminate_called(const std::vector<InstanceId>& ids) override {
    for (const InstanceId& id : ids) shown_.erase(id);
  }
  void born(const Instance&) override { ++allowed_; }
  void told(const core::Event& event) override;
  void went_down() override;
  void starting(Duration) override { allowed_ += 10; }

 private:
  const Ground& ground_;
  const History& history_;
  // First shown to run since its claim was last renewed, by the process that runs.
  std::map<InstanceId, Moment> shown_;
  int allowed_ = 10;  // renewals, one more for each launch and each fifth of takeover_after
  Moment counted_{};
};

}  // namespace cb::sim
