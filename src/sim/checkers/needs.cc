#include "sim/checkers/needs.h"

#include <algorithm>

namespace cb::sim {
namespace {

// Who may share a worker, whatever else is asked for.
struct Class {
  std::size_t alone = 0;   // each on a worker of its own
  std::size_t single = 0;  // that share
  std::size_t large = 0;   // of parted workers more than half: no two of them fit on one
  std::size_t cores = 0;   // of the others that have parts
  std::size_t counted = 0, longest_count = 0;  // that are to be on other workers each
};

std::size_t ceiling(std::size_t a, std::size_t b) {
  return (a + b - 1) / b;
}

}  // namespace

std::vector<core::WorkerAddress> given_in(const core::Answer& answer) {
  if (const auto* one = std::get_if<core::WorkerAddress>(&answer)) return {*one};
  if (const auto* all = std::get_if<core::WorkerAddresses>(&answer)) return all->workers;
  return {};
}

bool counts_wait(const std::map<core::Need, std::size_t>& callers) {
  return std::any_of(callers.begin(), callers.end(),
                     [](const auto& entry) { return entry.first.count > 1; });
}

bool counts_want(const std::map<core::Need, std::size_t>& callers, const Kind& machine) {
  return std::any_of(callers.begin(), callers.end(), [&](const auto& entry) {
    return entry.first.count > 1 &&
           entry.first.fits(machine.type, *machine.market, *machine.region);
  });
}

std::map<Kind, std::size_t> most_needed(const core::PoolSettings& pool,
                                        const std::map<core::Need, std::size_t>& callers) {
  const bool packed = pool.sharing == core::Sharing::kPacked;
  const auto most = static_cast<std::size_t>(std::max(pool.least_cores(), 1));
  std::map<Kind, Class> classes;
  for (const auto& [need, number] : callers) {
    Class& its = classes[{need.type.value_or(""), need.market, need.region}];
    const auto count = static_cast<std::size_t>(need.count);
    const std::size_t leases = number * count;
    if (need.alone || (packed && need.cores == 0)) {
      its.alone += leases;
    } else if (packed && 2 * static_cast<std::size_t>(need.cores) > most) {
      its.large += leases;
    } else if (packed || count == 1) {
      its.single += leases;
      its.cores += leases * static_cast<std::size_t>(need.cores);
    } else {
      its.counted += leases;
      its.longest_count = std::max(its.longest_count, count);
    }
  }
  std::map<Kind, std::size_t> out;
  for (const auto& [kind, its] : classes) {
    const std::size_t places = packed ? most : pool.places(kind.type);
    std::size_t& workers = out[kind] = its.alone;
    if (packed) {
      workers += its.large + std::min(its.single, ceiling(2 * its.cores, most) + 1);
    } else if (places == core::kAnyNumber) {
      workers += std::max<std::size_t>(its.single != 0 ? 1 : 0, its.longest_count);
    } else {
      // Those that come first fill the fullest, which leaves less for who wants many.
      workers += ceiling(its.single, places) + its.counted;
    }
  }
  return out;
}

}  // namespace cb::sim
