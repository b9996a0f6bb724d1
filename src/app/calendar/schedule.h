#pragma once
// "Mon-Fri 08:00-18:00 America/New_York": windows that come again, by the clock on the wall of a
// time zone. Zones are those of the system's database; it is read once, when the first schedule
// is parsed, so that a newer one counts from the next start. One thread.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace date {
class time_zone;
}

namespace cb::app {

// From `from` on, and before `until`; never empty.
struct Window {
  WallTime from;
  WallTime until;
  bool operator==(const Window&) const = default;
};

class Schedule {
 public:
  // DAYS HH:MM-HH:MM ZONE. Days: "*", or between commas weekdays ("Mon"), ranges of them
  // ("Fri-Mon"), dates ("2026-12-25") and ranges of dates ("2026-12-24..2027-01-01"). A window that
  // ends earlier than it begins goes over midnight and belongs to the day on which it begins; 24:00
  // is the end of a day. The error is a sentence that says what is wanted in the place of what.
  static Result<Schedule> parse(std::string_view text);

  // All windows of which a part lies after `from` and before `until`, in order of time. Each has
  // the hours that its clock says, more or fewer by what is set forward or back meanwhile: a time
  // that the clock skips is the moment of the skip, and of one that comes twice a window begins
  // with the first and ends with the second. A window that is skipped as a whole is none.
  std::vector<Window> windows(WallTime from, WallTime until) const;

 private:
  using Days = std::chrono::duration<int, std::ratio<86'400>>;  // since 1970-01-01, local

  Status read_days(std::string_view text);
  Status read_hours(std::string_view text);
  Status read_zone(std::string_view text);
  bool is_on(Days day) const;

  std::array<bool, 7> weekdays_{};            // Sunday first
  std::vector<std::pair<Days, Days>> dates_;  // first and last
  minutes begin_{0}, end_{0};                 // since midnight; the end up to 48 h
  const date::time_zone* zone_ = nullptr;
};

}  // namespace cb::app
