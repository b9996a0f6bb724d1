#pragma once
// How many workers a pool is to have though nobody has asked: what its warm windows want at this
// moment. Which there are is another's business (launch/launch_warm.cc): a warm rule only changes
// demand, and launches by the way of all launches.
//
// Windows are times of the calendar, which may jump: they are looked at when one begins or ends,
// and each calendar_interval beside that. A TERMINATE_ALL suspends every window that it falls into,
// for whoever ends everything does not want it back at once. It is saved, so that a restart within
// such a window launches nothing either.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/request.h"
#include "core/model/warm.h"
#include "core/step/step.h"

namespace cb::core {

class WarmRules {
 public:
  explicit WarmRules(Step& step) : step_(step) {}

  // Other windows than before.
  void plan(WarmWindows windows);
  // Time has passed, or the settings changed: which windows hold now?
  void look();
  void suspend();  // TERMINATE_ALL

  // Workers, in use or not; 0: none, or suspended.
  std::size_t wanted(const PoolName& pool) const;
  // Those that want any.
  const std::vector<PoolName>& pools() const { return wanting_; }
  // "its warm window Mon-Fri 08:00-18:00 America/New_York wants 1", of one that wants any.
  std::string because(const PoolName& pool) const;

  // Why nothing can be launched for `pool`, which is said once; it is tried again at `next_try`, or
  // where nobody knows when, soon. What EC2 has refused, or what never became ready, is tried
  // again later each time in a row.
  void hindered(const PoolName& pool, const std::string& why, std::optional<Instant> next_try);
  void failed(const PoolName& pool, const std::string& why, std::optional<Instant> next_try);
  // It is not yet time to try again.
  bool held(const PoolName& pool) const;
  // Whatever stood in the way is over.
  void try_anew(const PoolName& pool) { tries_.erase(pool); }

  // For people; unset: the pool has no window.
  std::optional<WarmRow> row(const PoolName& pool) const;

 private:
  struct Want {
    std::optional<WarmWindow> window;  // unset: none holds
    bool suspended = false;
    std::size_t workers() const { return !window || suspended ? 0 : window->workers; }
    bool operator==(const Want&) const = default;
  };
  struct Tries {
    Instant not_before{};
    unsigned failures = 0;
    std::string why;
  };
  using Windows = std::vector<WarmWindow>;

  Duration lead(const PoolName& pool) const;
  Want want(const PoolName& pool, const Windows& windows) const;
  bool covers(const PoolName& pool, const WarmWindow& window, WallTime time) const;
  bool suspended(const PoolName& pool, const WarmWindow& window) const;
  void changed(const PoolName& pool, const Want& before, const Want& now);

  Step& step_;
  WarmWindows windows_;
  std::map<PoolName, Want> wants_;  // of each pool that has windows, when it was last looked at
  std::vector<PoolName> wanting_;
  std::map<PoolName, Tries> tries_;
};

}  // namespace cb::core
