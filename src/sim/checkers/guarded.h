#pragma once
// Rule 4, what holds when no broker comes back: each launch carries all five tags, by which it is
// found again, and user data that powers it off after max_lifetime; and everything else that its
// pool says of a launch.

#include "sim/checkers/history.h"

namespace cb::sim {

class Guarded : public Watcher {
 public:
  Guarded(const Ground& ground, const History& history) : ground_(ground), history_(history) {}

  void launch_called(const LaunchCall& call) override;

 private:
  const Ground& ground_;
  const History& history_;
};

}  // namespace cb::sim
