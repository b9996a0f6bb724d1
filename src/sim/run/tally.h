#pragma once
// What was exercised and what it came to: one for each world, added up over a swarm, and carried
// between its processes as text.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/money.h"
#include "sim/faults/faults.h"

namespace cb::sim {

struct Tally {
  std::uint64_t worlds = 0;
  std::uint64_t worlds_that_launched = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_seconds = 0;
  std::uint64_t instances = 0;
  std::uint64_t billed_seconds = 0;
  Money billed{};
  std::array<std::uint64_t, kFaults> faults{};
  std::array<std::uint64_t, kCrashPoints> crash_points{};
  std::map<std::string, std::uint64_t> error_classes;
  std::map<std::string, std::uint64_t> answers;  // kinds of answers that callers got
  // The instance that was billed longest with nobody behind it.
  struct Orphan {
    std::uint64_t seconds = 0;
    std::uint64_t seed = 0;
    Money cost{};
  };
  Orphan worst_orphan;
  // The one that came nearest to its bound, or furthest past it, troubles taken off.
  struct Unexcused {
    std::uint64_t seconds = 0;
    std::uint64_t bound = 1;
    std::uint64_t seed = 0;
  };
  Unexcused worst_unexcused;

  void count(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  void count(CrashPoint point) { ++crash_points[static_cast<std::size_t>(point)]; }
  void orphan(const Orphan& one);
  void unexcused(const Unexcused& one);
  void add(const Tally& other);

  std::string encode() const;                    // one line of words
  static Tally decode(const std::string& line);  // of encode()
};

// What the swarm must have met and has not, one a line; empty when all was.
std::string missing_coverage(const Tally& tally);
// The closing report of a swarm that took `elapsed_seconds` of real time.
std::string summary(const Tally& tally, double elapsed_seconds);

}  // namespace cb::sim
