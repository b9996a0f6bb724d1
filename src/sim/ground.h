#pragma once
// What every part of a world stands on: time, chance, what was seen.

#include <vector>

#include "base/prng.h"
#include "sim/clock.h"
#include "sim/heap.h"
#include "sim/options.h"
#include "sim/tally.h"
#include "sim/timeline.h"
#include "sim/watcher.h"
#include "sim/weather.h"

namespace cb::sim {

class Ground {
 public:
  Ground(const Options& chosen, std::ostream* trace)
      : options(chosen), timeline(clock, trace), weather(chosen) {}

  const Options options;
  Clock clock;
  Heap heap;
  Tally tally;
  Timeline timeline;
  Weather weather;

  Moment now() const { return clock.moment(); }
  void after(Duration delay, Heap::What what) { heap.at(now() + delay, std::move(what)); }

  // Whether a fault of chance strikes on this occasion; counted when it does.
  bool strikes(Fault fault) {
    if (!weather.strikes(fault)) return false;
    tally.count(fault);
    return true;
  }
  // Whether a spell of this fault holds now; counted when it does, for somebody has just met it.
  bool holds(Fault fault) {
    if (!weather.holds(fault, now())) return false;
    tally.count(fault);
    return true;
  }
  // The same for those that are counted only when they make a difference, with met().
  bool would_strike(Fault fault) { return weather.strikes(fault); }
  bool would_hold(Fault fault) const { return weather.holds(fault, now()); }
  void met(Fault fault) { tally.count(fault); }
  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }
  template <class Tell>
  void tell(Tell tell) {
    for (Watcher* watcher : watchers_) tell(*watcher);
  }

 private:
  std::vector<Watcher*> watchers_;
};

}  // namespace cb::sim
