#pragma once
// The two clocks of the broker. Neither has a now(): time is handed in by whoever runs the loop, so
// that everything above can be replayed.

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cb {

using Duration = std::chrono::milliseconds;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Counts while the machine sleeps and is never set back (CLOCK_BOOTTIME). Every deadline and age is
// measured with it. Values from another boot are made comparable at recovery (driver/recovery.h).
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

// The calendar (CLOCK_REALTIME), which may jump. For records, prices and people only.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

struct Now {
  Instant boot;
  WallTime wall;
};

// "2026-11-23T10:00:00Z", or with milliseconds "2026-11-23T10:00:00.250Z".
std::string iso8601(WallTime t);
std::string iso8601_ms(WallTime t);
// Accepts both forms above ("Z" only). Empty when `text` is anything else.
std::optional<WallTime> parse_iso8601(std::string_view text);

// "250ms", "15m", "2h", "1h30m", "0s"; a unit is always needed. Empty when `text` is anything else
// or over 10 years.
std::optional<Duration> parse_duration(std::string_view text);
// The shortest exact form that parse_duration reads: 900000 ms is "15m".
std::string to_string(Duration d);

}  // namespace cb
