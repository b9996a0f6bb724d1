#pragma once
// Rule 18: who is given a worker has what was asked for: a machine of that type and market, as many
// as the count says, each of them another machine unless it is parted by cores; and a lease with
// the cores, and alone, as it was said.

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class AsAsked : public Watcher {
 public:
  AsAsked(const Ground& ground, const History& history, const SimStore& store)
      : ground_(ground), history_(history), store_(store) {}

  void answered(CallerId caller, const core::Answer& answer) override;

 private:
  void judge(CallerId caller, const core::GetWorker& get, const core::WorkerAddress& given) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
};

}  // namespace cb::sim
