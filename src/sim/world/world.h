#pragma once
// One seed, one world: a first phase with everything that goes wrong, a second in which nothing
// does and the broker must come to rest. Single-threaded; the same seed and narrowing give the same
// run to the byte.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "sim/run/options.h"
#include "sim/run/tally.h"

namespace cb::sim {

struct Outcome {
  std::uint64_t digest = 0;
  Tally tally;
  // Unset: all rules held.
  struct Failure {
    std::string rule;
    std::string what;
    std::string when;
  };
  std::optional<Failure> failure;
};

// `trace`: where the timeline goes; null for none.
Outcome run_world(std::uint64_t seed, const Narrowing& narrowing, std::ostream* trace);

}  // namespace cb::sim
