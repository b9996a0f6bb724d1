#pragma once
// What kept the broker from ending an instance in time through no fault of its own: stretches of
// time, merged, each with what it takes to recover from it. docs/simulation.md has the table.

#include <map>
#include <vector>

#include "sim/checkers/history.h"

namespace cb::sim {

class Stretches {
 public:
  void add(Moment from, Moment to);
  // How much of [from, to) they cover.
  Duration within(Moment from, Moment to) const;

 private:
  std::map<Moment, Moment> stretches_;  // disjoint
};

class Excuses : public Watcher {
 public:
  Excuses(const Ground& ground, const History& history) : ground_(ground), history_(history) {}

  Duration within(const InstanceId& id, Moment from, Moment to) const;

  void told(const core::Event& event) override;
  void terminate_called(const std::vector<InstanceId>& ids) override;
  void started(const BrokerStart& start) override;
  void went_down() override {
    down_since_ = ground_.now();
    down_ = true;
  }

 private:
  const Ground& ground_;
  const History& history_;
  Stretches general_;
  std::map<InstanceId, Stretches> of_instance_;
  Moment down_since_{};
  bool down_ = false;
  std::optional<Moment> other_account_since_;
};

}  // namespace cb::sim
