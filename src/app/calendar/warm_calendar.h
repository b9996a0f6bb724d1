#pragma once
// The rules of [pool.NAME] warm as windows of the calendar.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/model/warm.h"

namespace cb::app {

struct WarmRule {
  std::string schedule;      // as Schedule::parse takes it
  std::int64_t workers = 0;  // 0: none, as long as a window of it holds
  bool operator==(const WarmRule&) const = default;
};
using WarmRules = std::vector<WarmRule>;  // the last one that holds counts

// Windows of which a part lies after `from` and before `until`. All schedules are good.
core::WarmWindows warm_windows(const std::map<PoolName, WarmRules>& rules, WallTime from,
                               WallTime until);

// Of each rule the hours of workers that it asks for in a month: the mean of the year after `from`,
// without the hours in which a later rule counts.
std::vector<std::int64_t> hours_in_a_month(const WarmRules& rules, WallTime from);

}  // namespace cb::app
