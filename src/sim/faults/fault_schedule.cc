#include "sim/faults/fault_schedule.h"

#include <algorithm>

namespace cb::sim {
namespace {

// Mostly minutes, sometimes the better part of an hour.
Duration spell_length(Prng& prng) {
  return prng.chance(25) ? prng.between(minutes{10}, minutes{50})
                         : prng.between(seconds{5}, minutes{8});
}

}  // namespace

FaultSchedule::FaultSchedule(const Options& options)
    : dose_(options.dose), length_(options.length) {
  for (const FaultRow& one : fault_table()) {
    streams_.push_back(stream(options.seed, one.name));
    if (one.dose != Dose::kSpells) continue;
    for (const Moment from : times(one.fault)) {
      spells_[static_cast<std::size_t>(one.fault)].emplace_back(
          from, from + spell_length(chance(one.fault)));
    }
  }
}

bool FaultSchedule::strikes(Fault fault) {
  const int dose = dose_[static_cast<std::size_t>(fault)];
  return !healed_ && dose != 0 && chance(fault).below(1000) < static_cast<std::uint64_t>(dose);
}

bool FaultSchedule::holds(Fault fault, Moment now) const {
  if (healed_) return false;
  for (const Spell& spell : spells_[static_cast<std::size_t>(fault)]) {
    if (spell.first <= now && now < spell.second) return true;
  }
  return false;
}

std::vector<Moment> FaultSchedule::times(Fault fault) {
  const auto days = std::max<std::int64_t>(1, length_ / hours{24});
  std::vector<Moment> out;
  for (std::int64_t n = dose_[static_cast<std::size_t>(fault)] * days; n > 0; --n) {
    out.push_back(Moment{chance(fault).between(Duration{0}, length_)});
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace cb::sim
