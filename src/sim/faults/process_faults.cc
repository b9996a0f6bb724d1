#include "sim/faults/process_faults.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

// An armed point that is not reached for so long is given up.
constexpr Duration kArmedFor = hours{8};

}  // namespace

ProcessFaults::ProcessFaults(Ground& ground, Crasher& crasher, Mailbox& mailbox, SimStore& store,
                             SimCloud& cloud)
    : ground_(ground),
      crasher_(crasher),
      mailbox_(mailbox),
      store_(store),
      cloud_(cloud),
      prng_(stream(ground.options.seed, "mortality")) {}

void ProcessFaults::plan() {
  if (ground_.options.dose_of(Fault::kJournalRolledBack) != 0) back_up();
  for (const Moment when : ground_.schedule.times(Fault::kCrash)) {
    ground_.heap.at(when, [this] { strike(); });
  }
  for (const Moment when : ground_.schedule.times(Fault::kPaused)) {
    ground_.heap.at(when, [this] { pause(); });
  }
  for (const Moment when : ground_.schedule.times(Fault::kStopped)) {
    ground_.heap.at(when, [this] { stop(); });
  }
  for (const Moment when : ground_.schedule.times(Fault::kWallForward)) {
    ground_.heap.at(when,
                    [this] { jump(prng_.between(seconds{1}, hours{30}), Fault::kWallForward); });
  }
  for (const Moment when : ground_.schedule.times(Fault::kWallBack)) {
    ground_.heap.at(when,
                    [this] { jump(-prng_.between(seconds{1}, hours{30}), Fault::kWallBack); });
  }
}

void ProcessFaults::back_up() {
  if (ground_.schedule.healed()) return;
  store_.back_up();
  ground_.after(prng_.between(minutes{10}, hours{6}), [this] { back_up(); });
}

void ProcessFaults::jump(Duration by, Fault fault) {
  if (ground_.schedule.healed()) return;
  ground_.tally.count(fault);
  ground_.clock.jump_wall(by);
  ground_.timeline.note("clock   jumps by ", by / seconds{1}, " s");
  ground_.tell([&](Watcher& watcher) { watcher.wall_jumped(by); });
}

void ProcessFaults::strike() {
  if (ground_.schedule.healed() || !process_->runs() || ground_.deaf()) return;
  const auto point = static_cast<CrashPoint>(
      prng_.below(static_cast<std::uint64_t>(CrashPoint::kWhileRecovering)));
  if (point == CrashPoint::kBetweenSteps) {
    ground_.tally.count(Fault::kCrash);
    ground_.tally.count(point);
    ground_.timeline.note("broker  dies between two steps");
    process_->end();
    return it_died();
  }
  const std::uint64_t arming = crasher_.arm(point, prng_.below(3));
  ground_.after(kArmedFor, [this, arming] { crasher_.give_up(arming); });
}

// SIGSTOP, a virtual machine that is moved, a disk that hangs: here and now, or where the process
// has decided something and not done it.
void ProcessFaults::pause() {
  if (ground_.schedule.healed() || !process_->runs() || ground_.deaf()) return;
  Prng& prng = ground_.schedule.chance(Fault::kPaused);
  const auto how_long = prng.below(10);
  const Duration time = how_long < 3   ? prng.between(seconds{1}, seconds{20})
                        : how_long < 7 ? prng.between(seconds{20}, minutes{4})
                        : how_long < 9 ? prng.between(minutes{4}, minutes{30})
                                       : prng.between(minutes{30}, hours{3});
  const auto point =
      static_cast<CrashPoint>(prng.below(static_cast<std::uint64_t>(CrashPoint::kWhileRecovering)));
  if (point == CrashPoint::kBetweenSteps || prng.chance(40)) return stand_still(time);
  if (crasher_.armed()) return;
  const std::uint64_t arming = crasher_.arm(point, prng.below(3), [this, time, point] {
    ground_.timeline.note("broker  is stopped ", name_of(point));
    stand_still(time);
  });
  ground_.after(kArmedFor, [this, arming] { crasher_.give_up(arming); });
}

// The world goes on without it, but not past the first phase.
void ProcessFaults::stand_still(Duration time) {
  const Moment until =
      std::min(ground_.now() + time, Moment{} + ground_.options.length - seconds{1});
  if (until <= ground_.now()) return;
  ground_.tally.count(Fault::kPaused);
  ground_.timeline.note("broker  stands still for ", to_string(Duration{until - ground_.now()}));
  mailbox_.hold();
  const std::uint64_t time_it_stands = ++stood_still_;
  for (auto next = ground_.heap.next(); next && *next <= until; next = ground_.heap.next()) {
    ground_.clock.advance_to(*next);
    ++ground_.tally.events;
    ground_.heap.take()();
  }
  ground_.clock.advance_to(until);
  ground_.timeline.note("broker  goes on");
  // Its timers may be seen before what lies in the kernel.
  const Duration reading =
      ground_.schedule.chance(Fault::kPaused).between(milliseconds{0}, milliseconds{50});
  ground_.after(reading, [this, time_it_stands] {
    if (time_it_stands == stood_still_) mailbox_.release();
  });
}

void ProcessFaults::stop() {
  if (ground_.schedule.healed() || !process_->runs() || ground_.deaf()) return;
  ground_.tally.count(Fault::kStopped);
  const bool with_workers = prng_.chance(25);
  ground_.timeline.note("broker  is told to stop", with_workers ? " with its workers" : "");
  mailbox_.deliver(core::StopRequested{with_workers});
  const Moment latest = ground_.now() + (with_workers ? minutes{2} : seconds{10});
  mailbox_.when_alive(milliseconds{500}, [this, latest] { finish_stop(latest); });
}

void ProcessFaults::finish_stop(Moment latest) {
  if (ground_.deaf() || (!process_->broker().quiet() && ground_.now() < latest)) {
    mailbox_.when_alive(milliseconds{500}, [this, latest] { finish_stop(latest); });
    return;
  }
  ground_.timeline.note("broker  has stopped");
  process_->end();
  it_died();
}

bool ProcessFaults::chance_of_journal_loss() {
  if (!ground_.strikes(Fault::kJournalLost)) return false;
  store_.lose_everything();
  ground_.timeline.note("journal is lost");
  ground_.tell([](Watcher& watcher) { watcher.journal_lost(); });
  return true;
}

// Tokens are numbered on from the calendar then, so that this one has to be right.
bool ProcessFaults::chance_of_roll_back() {
  const Options& options = ground_.options;
  const bool right =
      options.dose_of(Fault::kWallForward) == 0 && options.dose_of(Fault::kWallBack) == 0;
  if (!right || !store_.has_backup() || !ground_.strikes(Fault::kJournalRolledBack)) return false;
  store_.restore();
  ground_.timeline.note("journal is an older one");
  ground_.tell([](Watcher& watcher) { watcher.journal_lost(); });
  ground_.tell([&](Watcher& watcher) { watcher.journal_restored(store_.durable()); });
  return true;
}

Duration ProcessFaults::time_down() {
  Duration down = prng_.between(seconds{0}, seconds{90});
  if (ground_.strikes(Fault::kLongDown)) down = prng_.between(minutes{5}, minutes{45});
  if (next_.rebooted) down += prng_.between(seconds{30}, minutes{2});
  // Long enough that what was under way has either happened or not, and shows in listings.
  if (next_.journal_lost || next_.rolled_back) {
    down += SimCloud::kLatestEffect + ground_.options.staleness;
    down = std::max(down, Duration{cloud_.hidden_until() - ground_.now()});
    cloud_.leave_tags_until(ground_.now() + down + minutes{5});
  }
  return down;
}

void ProcessFaults::it_died() {
  crasher_.disarm();
  next_ = {};
  next_.rebooted = ground_.strikes(Fault::kReboot);
  next_.journal_lost = chance_of_journal_loss();
  next_.rolled_back = !next_.journal_lost && chance_of_roll_back();
  next_.other_account =
      cloud_.would_notice_another_account() && ground_.strikes(Fault::kOtherAccount);
  if (next_.rebooted && ground_.options.dose_of(Fault::kWallForward) != 0 && prng_.chance(30)) {
    jump(prng_.between(seconds{1}, hours{2}), Fault::kWallForward);
  }
  const std::uint64_t mine = ++starts_planned_;
  ground_.after(time_down(), [this, mine] { start_planned(mine); });
}

// A lost journal is lost for as long as anything is hidden that it knew.
void ProcessFaults::start_planned(std::uint64_t which) {
  if (which != starts_planned_) return;
  const bool forgot = next_.journal_lost || next_.rolled_back;
  const Duration hidden = forgot ? Duration{cloud_.hidden_until() - ground_.now()} : Duration{0};
  if (hidden <= Duration{0}) return start_again();
  ground_.after(hidden, [this, which] { start_planned(which); });
}

void ProcessFaults::start_again() {
  if (next_.rebooted) ground_.clock.reboot();
  if (store_.names_none_but(ground_.options.settings.region) &&
      ground_.strikes(Fault::kOldJournal)) {
    ground_.timeline.note("journal is of a version that wrote no regions");
    store_.forget_regions();
  }
  cloud_.begin_with(next_.other_account);
  if (ground_.would_strike(Fault::kCrashTwice)) {
    crasher_.arm(CrashPoint::kWhileRecovering, prng_.below(8));
  }
  process_->start(next_);
  if (!process_->runs() || !next_.other_account) return;
  // Somebody notices and mends it, with or without a restart.
  const bool restarts = prng_.chance(40);
  mailbox_.when_alive(prng_.between(minutes{1}, minutes{20}), [this, restarts] {
    ground_.timeline.note("broker  gets its former credentials", restarts ? " and restarts" : "");
    cloud_.mend_account();
    if (!restarts || ground_.deaf()) return;
    process_->end();
    it_died();
  });
}

void ProcessFaults::heal() {
  crasher_.disarm();
  cloud_.mend_account();
  if (process_->runs()) return;
  next_.other_account = false;
  next_.rebooted = false;
  ++starts_planned_;
  start_again();
}

}  // namespace cb::sim
