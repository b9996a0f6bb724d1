#pragma once
// Many worlds, in a few processes.

#include <optional>
#include <ostream>
#include <vector>

#include "sim/run/command_line.h"
#include "sim/world/world.h"

namespace cb::sim {

inline constexpr std::string_view kDigestRule = "digest";  // two runs of the seed differ

struct SeedFailure {
  std::uint64_t seed = 0;
  std::string rule;
  std::string what;
};

struct SwarmResult {
  Tally tally;
  std::vector<SeedFailure> failures;  // by seed
  double elapsed_seconds = 0;         // real time
};

// Runs every seed of `command`, `command.jobs` processes at a time, and says on `progress` how far
// it is. A process that ends without a word is a failure of the seed that it was at.
SwarmResult run_swarm(const Command& command, std::ostream& progress);

// The digest that a process of `program` gives for this world; unset: it does not hold there.
std::optional<std::uint64_t> digest_elsewhere(const std::string& program, std::uint64_t seed,
                                              const Command& command);

// Takes faults, clients and hours away for as long as `rule` is still broken.
Narrowing shrink(std::uint64_t seed, const Narrowing& from, const std::string& rule,
                 std::ostream& progress);

// The failed run of one seed in this process, and again in another where asked; unset: all is well.
std::optional<SeedFailure> run_seed(std::uint64_t seed, const Command& command, Tally& tally);

}  // namespace cb::sim
