#pragma once
// How many workers the warm windows want, reckoned anew from what the broker was told: its
// configuration, the calendar of its machine, and the latest TERMINATE_ALL within a window. The
// broker looks at the calendar twice a minute, so that after a jump its view may be the former one
// for as long: both count. It judges nothing.

#include <deque>
#include <map>
#include <utility>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class WarmDemand : public Watcher {
 public:
  WarmDemand(const Ground& ground, const SimStore& store) : ground_(ground), store_(store) {}

  // The most and the least that the broker may hold to be wanted now, of late.
  std::size_t most(const PoolName& pool) const;
  std::size_t least(const PoolName& pool) const;
  // What is wanted by the calendar at this turn, were nothing suspended.
  bool within_a_window(WallTime time) const;
  // Workers of the pool in the journal that are neither ending nor of what is configured no more.
  std::size_t staying(const PoolName& pool) const;

  void turned() override;
  void went_down() override { samples_.clear(); }

 private:
  using Samples = std::deque<std::pair<Moment, std::size_t>>;
  std::size_t wanted(const PoolName& pool, WallTime time) const;
  const core::WarmWindow* at(const PoolName& pool, WallTime time) const;
  bool suspended(const PoolName& pool, const core::WarmWindow& window) const;

  const Ground& ground_;
  const SimStore& store_;
  std::map<PoolName, Samples> samples_;  // each holds until the next; the last of them for long
};

}  // namespace cb::sim
