#pragma once
// What was exercised and what it came to: one for each world, added up over a swarm, and carried
// between its processes as text.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/money.h"
#include "sim/faults.h"

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
  // The worst instance of all: seconds billed with nobody behind it.
  std::uint64_t worst_orphan_seconds = 0;
  std::uint64_t worst_orphan_seed = 0;
  Money worst_orphan_cost{};

  void count(Fault fault) { ++faults[static_cast<std::size_t>(fault)]; }
  void count(CrashPoint point) { ++crash_points[static_cast<std::size_t>(point)]; }
  void orphan(std::uint64_t seconds, Money cost, std::uint64_t seed);
  void add(const Tally& other);

  std::string encode() const;                    // one line of words
  static Tally decode(const std::string& line);  // of encode()
};

// What the swarm must have met and has not, one a line; empty when all was.
std::string missing_coverage(const Tally& tally);
// The closing report of a swarm that took `elapsed_seconds` of real time.
std::string summary(const Tally& tally, double elapsed_seconds);

}  // namespace cb::sim
