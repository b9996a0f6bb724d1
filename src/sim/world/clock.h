#pragma once
// The world's time, and the two clocks of the machine that the broker runs on, which may be wrong.

#include <string>

#include "base/time.h"

namespace cb::sim {

// True time since the world began. Never what the broker sees.
struct TrueTime {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TrueTime, Duration>;
  static constexpr bool is_steady = true;
};
using Moment = TrueTime::time_point;

class Clock {
 public:
  Moment moment() const { return moment_; }
  void advance_to(Moment moment) { moment_ = moment; }

  // What the broker's machine shows now.
  Now now() const { return {boot(), calendar(moment_) + skew_}; }
  Instant boot() const { return Instant{moment_ - booted_} + kUptimeAtBoot; }
  const std::string& boot_id() const { return boot_id_; }

  // EC2's calendar, which is right.
  static WallTime calendar(Moment moment) { return kBeginning + moment.time_since_epoch(); }

  void jump_wall(Duration by) { skew_ += by; }
  // Another boot: its id changes and its uptime begins again.
  void reboot() {
    booted_ = moment_;
    boot_id_ = "boot-" + std::to_string(++boots_);
  }

 private:
  static constexpr WallTime kBeginning{
      std::chrono::sys_days{std::chrono::year{2026} / std::chrono::March / 2}};
  static constexpr Duration kUptimeAtBoot = seconds{20};

  Moment moment_{};
  Moment booted_{};
  Duration skew_{0};
  int boots_ = 1;
  std::string boot_id_ = "boot-1";
};

// "0d 07:15:02.250"
std::string stamp(Moment moment);

}  // namespace cb::sim
