#pragma once
// What one world is like. Everything is drawn from the seed (a swarm: each world has some of the
// faults, and settings of its own), and may then be narrowed by hand or by the shrinker.

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/prng.h"
#include "core/model/settings.h"
#include "core/model/warm.h"
#include "sim/faults/faults.h"

namespace cb::sim {

// What a person asks for on the command line, beside the seed.
struct Narrowing {
  std::set<Fault> without;
  bool takes(Fault fault) const { return !without.contains(fault); }
  std::optional<int> clients;   // unset: as drawn
  Duration length = hours{24};  // of the first phase

  // The flags that ask for it again: " --clients 3 --hours 2 --only crash,quota".
  std::string flags() const;
};

struct Options {
  std::uint64_t seed = 0;
  int clients = 0;
  Duration length{0};
  std::array<int, kFaults> dose{};  // 0: not in this world; see Dose
  core::Settings settings;
  core::WarmWindows warm;  // by the calendar of the broker's machine; none after the healing

  // The machines.
  Duration pending_min{0}, pending_max{0};  // launch to running
  Duration boot_min{0}, boot_max{0};        // running to service
  int addresses = 0;                        // how many EC2 has for everybody
  std::size_t capacity = 0;                 // of each (type, market) in a region
  std::string dead_region;                  // which kRegionDown concerns; empty: there is one only
  Duration shown_after_end{0};              // a terminated instance is listed for so long
  Duration staleness{0};                    // how old a listing's view may be
  // The people.
  Duration think{0};     // mean pause between two sessions of one client
  Duration session{0};   // mean length of one
  int busy_percent = 0;  // of the time; outside it everybody rests
  int release_percent = 0;
  int staying_percent = 0;  // of them, with a lease on a connection
  int needs_percent = 0;    // of clients that ask for a type, a market, several, or one alone
  bool foreigners = false;  // instances of other brokers and people under the same tag
  Duration batching{0};     // the driver may be so late that events pile up

  int dose_of(Fault fault) const { return dose[static_cast<std::size_t>(fault)]; }
};

Options draw_options(std::uint64_t seed, const Narrowing& narrowing);
// One line for the timeline.
std::string describe(const Options& options);

// A stream of its own for each part of the world, so that taking one fault away leaves the rest of
// the draws alone.
Prng stream(std::uint64_t seed, std::string_view part);

}  // namespace cb::sim
