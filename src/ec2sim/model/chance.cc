#include "ec2sim/model/chance.h"

#include <algorithm>

#include "base/text.h"

namespace cb::ec2sim {

Prng prng_of(std::uint64_t seed, std::uint64_t ordinal) {
  Prng mixed(seed);
  return Prng(mixed.next() ^ (ordinal * 0x9e3779b97f4a7c15ULL));
}

std::string new_id(std::string_view prefix, Prng& prng) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(prng.next() & 0xff);
  return str(prefix, '0', hex(bytes));
}

std::string new_uuid(Prng& prng) {
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(prng.next() & 0xff);
  std::string id = hex(bytes);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, 1, '-');
  return id;
}

Micros drawn(const Range& range, Prng& prng) {
  if (range.least == range.most) return range.least;
  return Micros{prng.between(range.least.count(), range.most.count())};
}

bool falls(Chance& chance, Prng& prng) {
  if (chance.next && *chance.next == 0) return false;
  if (!prng.chance(static_cast<unsigned>(chance.percent))) return false;
  if (chance.next) --*chance.next;
  return true;
}

std::optional<FaultRule> draw_fault(Settings& settings, std::string_view action,
                                    std::string_view region, Prng& prng) {
  for (FaultRule& rule : settings.faults) {
    if (matches(rule.action, action) && matches(rule.region, region) && falls(rule.chance, prng))
      return rule;
  }
  return {};
}

bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const auto& pattern) { return matches(pattern, text); });
}

}  // namespace cb::ec2sim
