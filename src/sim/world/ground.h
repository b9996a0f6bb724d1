#pragma once
// What every part of a world stands on: time, chance, what was seen.

#include <optional>
#include <vector>

#include "base/prng.h"
#include "sim/faults/fault_schedule.h"
#include "sim/run/options.h"
#include "sim/run/tally.h"
#include "sim/world/clock.h"
#include "sim/world/heap.h"
#include "sim/world/timeline.h"
#include "sim/world/watcher.h"

namespace cb::sim {

class Ground {
 public:
  Ground(const Options& chosen, std::ostream* trace)
      : options(chosen),
        file(chosen.settings),
        warm_file(chosen.warm),
        timeline(clock, trace),
        schedule(chosen) {}

  // As drawn, but for the settings: those are what the broker has been told, or has read.
  Options options;
  core::Settings file;          // what its configuration file says by now
  core::WarmWindows warm_file;  // its warm windows, likewise
  core::WarmWindows warm;       // those that the broker has been told
  // They were told since its latest turn: what the next one decides may be by the former ones.
  bool settings_just_told = false;
  Clock clock;
  Heap heap;
  Tally tally;
  Timeline timeline;
  FaultSchedule schedule;

  Moment now() const { return clock.moment(); }
  void after(Duration delay, Heap::What what) { heap.at(now() + delay, std::move(what)); }
  // The same, its time counted anew when the broker's process stood still meanwhile.
  void after_hearing(Duration delay, Heap::What what) {
    after(delay, [this, delay, armed = now(), what = std::move(what)]() mutable {
      if (!deaf_ && hears_since_ <= armed) return what();
      after_hearing(delay, std::move(what));
    });
  }
  // The broker's process stands still, or has not heard yet what was said to it meanwhile.
  bool deaf() const { return deaf_; }
  // Since when it has not been so.
  Moment hears_since() const { return deaf_ ? now() : hears_since_; }
  // The end of the latest time that it was so for as long as the broker takes for a pause.
  std::optional<Moment> last_pause_ended() const {
    return deaf_ && was_a_pause() ? std::optional(now()) : last_pause_ended_;
  }
  void set_deaf(bool deaf) {
    if (!deaf_ && deaf) deaf_since_ = now();
    if (deaf_ && !deaf) {
      hears_since_ = now();
      if (was_a_pause()) last_pause_ended_ = now();
    }
    deaf_ = deaf;
  }
  // When its latest turn began, of which all that it decides there is.
  struct Turn {
    Moment at{};
    Now now{};
  };
  Turn turn;

  // Whether a fault of chance strikes on this occasion; counted when it does.
  bool strikes(Fault fault) {
    if (!schedule.strikes(fault)) return false;
    tally.count(fault);
    return true;
  }
  // Whether a spell of this fault holds now; counted when it does, for somebody has just met it.
  bool holds(Fault fault) {
    if (!schedule.holds(fault, now())) return false;
    tally.count(fault);
    return true;
  }
  // The same for those that are counted only when they make a difference, with met().
  bool would_strike(Fault fault) { return schedule.strikes(fault); }
  bool would_hold(Fault fault) const { return schedule.holds(fault, now()); }
  void met(Fault fault) { tally.count(fault); }
  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }
  template <class Tell>
  void tell(Tell tell) {
    for (Watcher* watcher : watchers_) tell(*watcher);
  }

 private:
  bool was_a_pause() const { return now() - deaf_since_ >= options.settings.pause_limit; }

  bool deaf_ = false;
  Moment hears_since_{};
  Moment deaf_since_{};
  std::optional<Moment> last_pause_ended_;
  std::vector<Watcher*> watchers_;
};

}  // namespace cb::sim
