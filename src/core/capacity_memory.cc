#include "core/capacity_memory.h"

#include "base/text.h"

namespace cb::core {

std::string to_string(const Candidate& candidate) {
  std::string text = str(candidate.type, " ", to_string(candidate.market));
  if (!candidate.zone.empty()) text += " " + candidate.zone;
  return text;
}

void CapacityMemory::no_capacity(const Candidate& candidate, const std::string& code,
                                 Instant until) {
  candidates_[candidate] = {code, until};
}

bool CapacityMemory::quota_reached(const std::string& region, Market market,
                                   const std::string& code, Instant now, Instant until) {
  Closed& closed = markets_[{region, market}];
  const bool was_open = closed.code.empty() || closed.until <= now;
  closed = {code, until};
  return was_open;
}

std::optional<std::string> CapacityMemory::unavailable(const Candidate& candidate,
                                                       Instant now) const {
  const auto market = markets_.find({candidate.region, candidate.market});
  if (market != markets_.end() && now < market->second.until) return market->second.code;
  const auto found = candidates_.find(candidate);
  if (found != candidates_.end() && now < found->second.until) return found->second.code;
  return {};
}

void CapacityMemory::clear() {
  candidates_.clear();
  markets_.clear();
}

}  // namespace cb::core
