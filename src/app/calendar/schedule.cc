#include "app/calendar/schedule.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "base/text.h"

namespace cb::app {
namespace {

constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};
constexpr hours kDay{24};

std::optional<std::size_t> weekday_of(std::string_view text) {
  const std::string word = lower(text);
  const auto* const found = std::find(kWeekdays.begin(), kWeekdays.end(), word);
  if (found == kWeekdays.end()) return {};
  return static_cast<std::size_t>(found - kWeekdays.begin());
}

bool digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

std::optional<date::local_days> date_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const std::string_view y = text.substr(0, 4), m = text.substr(5, 2), d = text.substr(8, 2);
  if (!digits(y) || !digits(m) || !digits(d)) return {};
  const date::year_month_day day{date::year{static_cast<int>(*parse_int(y))},
                                 date::month{static_cast<unsigned>(*parse_int(m))},
                                 date::day{static_cast<unsigned>(*parse_int(d))}};
  if (!day.ok()) return {};
  return date::local_days{day};
}

// "08:00"; 24:00 too.
std::optional<minutes> time_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return {};
  const std::string_view h = text.substr(0, 2), m = text.substr(3, 2);
  if (!digits(h) || !digits(m)) return {};
  const hours hour{*parse_int(h)};
  const minutes minute{*parse_int(m)};
  if (minute >= hours{1} || hour + minute > kDay) return {};
  return hour + minute;
}

enum class OfTwo { kFirst, kSecond };

// When the zone's clock shows `local`.
WallTime instant_of(const date::time_zone& zone, date::local_seconds local, OfTwo which) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return WallTime{info.first.end};
  const bool second = info.result == date::local_info::ambiguous && which == OfTwo::kSecond;
  const seconds offset = second ? info.second.offset : info.first.offset;
  return WallTime{local.time_since_epoch() - offset};
}

Error no_days(std::string_view text) {
  return {str('"', text, "\" is no day: write *, or between commas weekdays (Mon, Sat-Sun) and ",
              "dates (2026-12-25, 2026-12-24..2027-01-01)")};
}

}  // namespace

Result<Schedule> Schedule::parse(std::string_view text) {
  const auto wrong = [&](const std::string& why) {
    return Error{str("schedule \"", text, "\": ", why)};
  };
  const auto parts = words(text);
  if (parts.size() != 3) {
    return wrong("write DAYS HH:MM-HH:MM ZONE, such as \"Mon-Fri 08:00-18:00 America/New_York\"");
  }
  Schedule out;
  if (const Status days = out.read_days(parts[0]); !days) return wrong(days.error().what);
  if (const Status hours = out.read_hours(parts[1]); !hours) return wrong(hours.error().what);
  if (const Status zone = out.read_zone(parts[2]); !zone) return wrong(zone.error().what);
  return out;
}

Status Schedule::read_days(std::string_view text) {
  if (text == "*") {
    weekdays_.fill(true);
    return Done{};
  }
  for (const std::string_view item : split(text, ',')) {
    const auto dots = item.find("..");
    const std::string_view last_date = dots == item.npos ? item : item.substr(dots + 2);
    if (const auto first = date_of(item.substr(0, dots)), last = date_of(last_date);
        first && last) {
      if (*last < *first) return Error{str('"', item, "\" ends before it begins")};
      dates_.emplace_back(first->time_since_epoch(), last->time_since_epoch());
      continue;
    }
    const auto dash = item.find('-');
    const auto first = weekday_of(item.substr(0, dash));
    const auto last = dash == item.npos ? first : weekday_of(item.substr(dash + 1));
    if (!first || !last) return no_days(item);
    weekdays_[*last] = true;
    for (std::size_t day = *first; day != *last; day = (day + 1) % 7) weekdays_[day] = true;
  }
  return Done{};
}

Status Schedule::read_hours(std::string_view text) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto begin = time_of(text.substr(0, dash));
  const auto end = time_of(text.substr(std::min(dash + 1, text.size())));
  if (!begin || !end || *begin == kDay) {
    return Error{str('"', text, "\" is no window: write hours and minutes of 24 hours, such as ",
                     "08:00-18:00, or 00:00-24:00 for a whole day")};
  }
  if (*begin == *end) {
    return Error{str("the window ", text, " is empty: write 00:00-24:00 for a whole day")};
  }
  begin_ = *begin;
  end_ = *end < *begin ? *end + kDay : *end;
  return Done{};
}

Status Schedule::read_zone(std::string_view text) {
  try {
    date::get_tzdb();
  } catch (const std::exception& error) {
    return Error{str("the system's time zones cannot be read (", error.what(),
                     "): install the package tzdata")};
  }
  try {
    zone_ = date::locate_zone(text);
    zone_->get_info(date::sys_seconds{});  // its own file is read only now
  } catch (const std::exception&) {
    return Error{str("there is no time zone \"", text, "\" in /usr/share/zoneinfo: write one such ",
                     "as America/New_York, Europe/Berlin or UTC")};
  }
  return Done{};
}

bool Schedule::is_on(Days day) const {
  const date::weekday weekday{date::local_days{day}};
  if (weekdays_[weekday.c_encoding()]) return true;
  return std::any_of(dates_.begin(), dates_.end(),
                     [&](const auto& range) { return range.first <= day && day <= range.second; });
}

std::vector<Window> Schedule::windows(WallTime from, WallTime until) const {
  // No clock is a day away from UTC, and no window is longer than two.
  const auto first = std::chrono::floor<Days>(from.time_since_epoch()) - Days{3};
  const auto last = std::chrono::floor<Days>(until.time_since_epoch()) + Days{1};
  std::vector<Window> out;
  for (Days day = first; day <= last; ++day) {
    if (!is_on(day)) continue;
    const date::local_seconds midnight{day};
    const Window window{instant_of(*zone_, midnight + begin_, OfTwo::kFirst),
                        instant_of(*zone_, midnight + end_, OfTwo::kSecond)};
    const bool empty = window.until <= window.from;
    if (!empty && window.until > from && window.from < until) out.push_back(window);
  }
  return out;
}

}  // namespace cb::app
