#pragma once
// When which trouble is about. All of it ends with the first phase.

#include <array>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "sim/run/options.h"
#include "sim/world/clock.h"

namespace cb::sim {

class FaultSchedule {
 public:
  explicit FaultSchedule(const Options& options);

  // For faults of Dose::kChance and Dose::kSpells. `strikes` draws, `holds` does not.
  bool strikes(Fault fault);
  bool holds(Fault fault, Moment now) const;
  // The moments of a fault of Dose::kTimes.
  std::vector<Moment> times(Fault fault);
  // From now on the sun shines.
  void heal() { healed_ = true; }
  bool healed() const { return healed_; }
  Prng& chance(Fault fault) { return streams_[static_cast<std::size_t>(fault)]; }

 private:
  using Spell = std::pair<Moment, Moment>;
  std::array<int, kFaults> dose_;
  Duration length_;
  std::vector<Prng> streams_;
  std::array<std::vector<Spell>, kFaults> spells_;
  bool healed_ = false;
};

}  // namespace cb::sim
