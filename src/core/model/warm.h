#pragma once
// How many workers a pool is to have ready before anybody asks: windows of the calendar, with the
// hours already found by whoever knows time zones (app/calendar). Plain values.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace cb::core {

// From `from` on, and before `until`, a pool wants `workers`; `from` < `until`.
struct WarmWindow {
  WallTime from;
  WallTime until;
  std::size_t workers = 0;  // 0: none, whatever the windows before it say (a holiday)
  std::string schedule;     // which it belongs to, as the configuration has it, for sentences
  bool operator==(const WarmWindow&) const = default;
};

// Of each pool in the order of its rules; of those that hold at one time the last counts. A pool
// that is not in it wants none.
using WarmWindows = std::map<PoolName, std::vector<WarmWindow>>;

}  // namespace cb::core
