#pragma once
// Rule 6: after a restart nothing that was acknowledged is forgotten: workers in use, open
// launches, and idle clocks (never earlier than the last acknowledged use, and at most
// idle_save_interval later).

#include "sim/checkers/history.h"

namespace cb::sim {

class NothingForgotten : public Watcher {
 public:
  NothingForgotten(const Ground& ground, const History& history)
      : ground_(ground), history_(history) {}

  void started(const BrokerStart& start) override;

 private:
  void workers(const BrokerStart& start) const;
  void launches(const BrokerStart& start) const;
  void idle_clock(const Life& life, const core::WorkerRecord& held) const;

  const Ground& ground_;
  const History& history_;
};

}  // namespace cb::sim
