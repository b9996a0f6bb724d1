#include "core/launch/capacity_memory.h"

#include "base/text.h"
#include "core/advice/cloud_advice.h"

namespace cb::core {

std::string to_string(const Candidate& candidate) {
  std::string text = str(candidate.type, " ", to_string(candidate.market));
  if (!candidate.zone.empty()) text += " " + candidate.zone;
  if (!candidate.subnet.empty()) text += " in " + candidate.subnet;
  return text;
}

void CapacityMemory::no_capacity(const Candidate& candidate, Refusal refusal) {
  candidates_[candidate] = std::move(refusal);
}

void CapacityMemory::refused(const PoolName& pool, const Candidate& candidate, Refusal refusal) {
  of_pools_[{pool, candidate}] = std::move(refusal);
}

bool CapacityMemory::close(const Closure& what, Refusal refusal) {
  Refusal& known = closures_[what];
  const bool was_open = known.until <= refusal.at;
  known = std::move(refusal);
  return was_open;
}

std::optional<Refusal> CapacityMemory::unavailable(const PoolName& pool, const Candidate& candidate,
                                                   Instant now) const {
  std::optional<Refusal> last;
  const auto look = [&](const auto& memory, const auto& key) {
    const auto found = memory.find(key);
    if (found == memory.end() || now >= found->second.until) return;
    if (!last || last->until < found->second.until) last = found->second;
  };
  const std::string group = vcpu_group(candidate.type);
  for (const std::optional<Market> market :
       {std::optional{candidate.market}, std::optional<Market>{}}) {
    for (const std::string& of : {group, std::string{}}) {
      look(closures_, Closure{candidate.region, market, of});
    }
  }
  look(candidates_, candidate);
  look(of_pools_, std::pair{pool, candidate});
  return last;
}

void CapacityMemory::clear() {
  candidates_.clear();
  of_pools_.clear();
  closures_.clear();
}

}  // namespace cb::core
