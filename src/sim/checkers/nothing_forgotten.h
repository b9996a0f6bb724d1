#pragma once
// Rule 6: after a restart nothing is forgotten: what the journal gave is held (workers and their
// clocks, launches, the hour's count, closed launches, the next number), and what was acknowledged
// was in it: workers in use, open launches, and idle clocks (never earlier than the last
// acknowledged use, and at most idle_save_interval later).

#include <map>

#include "sim/checkers/history.h"

namespace cb::sim {

class NothingForgotten : public Watcher {
 public:
  NothingForgotten(const Ground& ground, const History& history)
      : ground_(ground), history_(history) {}

  void started(const BrokerStart& start) override;
  void committed(const std::vector<core::Change>& changes) override;
  void turned() override;

 private:
  void journal(const BrokerStart& start) const;
  static void demand(bool kept, std::string_view what, std::string_view whose);
  void workers(const BrokerStart& start) const;
  void launches(const BrokerStart& start) const;
  void idle_clock(const Life& life, const core::WorkerRecord& held) const;

  const Ground& ground_;
  const History& history_;
  std::map<PoolName, Moment> held_;  // its workers, for a count: the latest turn that saw it wait
};

}  // namespace cb::sim
