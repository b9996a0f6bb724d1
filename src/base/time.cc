#include "base/time.h"

#include <array>

namespace cb {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t kLongest = 10LL * 366 * 86'400'000;

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads exactly `count` digits at `at`; -1 when there are fewer.
int digits(std::string_view s, std::size_t at, std::size_t count) {
  if (at + count > s.size()) return -1;
  int n = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!digit(s[i])) return -1;
    n = n * 10 + (s[i] - '0');
  }
  return n;
}

void put(std::string& out, std::int64_t number, int digits) {
  if (digits > 1) put(out, number / 10, digits - 1);
  out += static_cast<char>('0' + number % 10);
}

// By hand: every record of the journal carries some, and printf took a tenth of a commit.
std::string format(WallTime t, bool with_ms) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const auto ms = (t - day).count();
  std::string out;
  out.reserve(24);
  const auto part = [&](std::int64_t number, int digits, char behind) {
    put(out, number, digits);
    out += behind;
  };
  part(int(date.year()), 4, '-');
  part(unsigned(date.month()), 2, '-');
  part(unsigned(date.day()), 2, 'T');
  part(ms / 3'600'000, 2, ':');
  part(ms / 60'000 % 60, 2, ':');
  part(ms / 1000 % 60, 2, with_ms ? '.' : 'Z');
  if (with_ms) part(ms % 1000, 3, 'Z');
  return out;
}

}  // namespace

std::string iso8601(WallTime t) {
  return format(t, false);
}
std::string iso8601_ms(WallTime t) {
  return format(t, true);
}

std::optional<WallTime> parse_iso8601(std::string_view s) {
  const int year = digits(s, 0, 4), month = digits(s, 5, 2), day = digits(s, 8, 2),
            hour = digits(s, 11, 2), minute = digits(s, 14, 2), second = digits(s, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return {};
  if (s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':') return {};
  int ms = 0;
  if (s.size() == 24 && s[19] == '.') {
    ms = digits(s, 20, 3);
  } else if (s.size() != 20) {
    return {};
  }
  if (ms < 0 || s.back() != 'Z' || hour > 23 || minute > 59 || second > 60) return {};
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{unsigned(month)},
                                         std::chrono::day{unsigned(day)}};
  if (!date.ok()) return {};
  return WallTime{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
         milliseconds{ms};
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return {};
  std::int64_t total = 0;
  std::size_t last_unit = kUnits.size();
  while (!text.empty()) {
    std::int64_t n = 0;
    std::size_t used = 0;
    for (; used < text.size() && digit(text[used]); ++used) {
      n = n * 10 + (text[used] - '0');
      if (n > kLongest) return {};
    }
    if (used == 0) return {};
    text.remove_prefix(used);
    std::size_t end = 0;
    while (end < text.size() && !digit(text[end])) ++end;
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(end);
    std::size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    // Each unit once, from the largest to the smallest: "1m2m" is a slip, not three minutes.
    if (unit == kUnits.size() || (last_unit != kUnits.size() && unit <= last_unit)) return {};
    last_unit = unit;
    if (n > kLongest / kUnits[unit].ms) return {};
    total += n * kUnits[unit].ms;
    if (total > kLongest) return {};
  }
  return Duration{total};
}

std::string to_string(Duration d) {
  std::int64_t left = d.count();
  if (left == 0) return "0s";
  std::string out;
  if (left < 0) {
    out = "-";
    left = -left;
  }
  for (const Unit& unit : kUnits) {
    if (left / unit.ms == 0) continue;
    out += std::to_string(left / unit.ms);
    out += unit.name;
    left %= unit.ms;
  }
  return out;
}

}  // namespace cb
