#include "app/calendar/warm_calendar.h"

#include <algorithm>

#include "app/calendar/schedule.h"
#include "base/check.h"

namespace cb::app {
namespace {

std::vector<Window> windows_of(const WarmRule& rule, WallTime from, WallTime until) {
  const auto schedule = Schedule::parse(rule.schedule);
  CHECK(schedule);
  return schedule->windows(from, until);
}

// The same time, in order and without overlaps.
std::vector<Window> apart(std::vector<Window> windows) {
  std::sort(windows.begin(), windows.end(),
            [](const Window& a, const Window& b) { return a.from < b.from; });
  std::vector<Window> out;
  for (const Window& window : windows) {
    if (out.empty() || window.from > out.back().until) {
      out.push_back(window);
    } else {
      out.back().until = std::max(out.back().until, window.until);
    }
  }
  return out;
}

// How much of `window` is in none of `taken`, which are apart and in order.
Duration left_of(const Window& window, const std::vector<Window>& taken) {
  Duration sum{0};
  WallTime at = window.from;
  for (const Window& other : taken) {
    if (other.until <= at || other.from >= window.until) continue;
    sum += std::max(other.from - at, Duration{0});
    at = other.until;
  }
  return sum + std::max(window.until - at, Duration{0});
}

}  // namespace

core::WarmWindows warm_windows(const std::map<PoolName, WarmRules>& rules, WallTime from,
                               WallTime until) {
  core::WarmWindows out;
  for (const auto& [pool, of_pool] : rules) {
    for (const WarmRule& rule : of_pool) {
      for (const Window& window : windows_of(rule, from, until)) {
        out[pool].push_back(
            {window.from, window.until, static_cast<std::size_t>(rule.workers), rule.schedule});
      }
    }
  }
  return out;
}

std::vector<std::int64_t> hours_in_a_month(const WarmRules& rules, WallTime from) {
  const WallTime until = from + hours{24 * 365};
  std::vector<std::int64_t> out(rules.size());
  std::vector<Window> taken;  // by later rules
  for (std::size_t i = rules.size(); i-- != 0;) {
    const std::vector<Window> own = windows_of(rules[i], from, until);
    Duration sum{0};
    for (const Window& window : own) {
      sum += left_of({std::max(window.from, from), std::min(window.until, until)}, taken);
    }
    out[i] = std::chrono::round<hours>(sum * rules[i].workers / 12).count();
    taken.insert(taken.end(), own.begin(), own.end());
    taken = apart(std::move(taken));
  }
  return out;
}

}  // namespace cb::app
