#pragma once
// What the cloud recently refused, so that a caller does not wait for the same refusal again. Each
// refusal is kept for just what it concerns: a type in a market, one pool's wishes, a quota.

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "core/model/cloud.h"

namespace cb::core {

struct Candidate {
  std::string region;
  Market market = Market::kSpot;
  std::string type;
  std::string zone{};    // empty: EC2 chooses
  std::string subnet{};  // empty: the default one of that zone
  auto operator<=>(const Candidate&) const = default;
};
std::string to_string(const Candidate& candidate);  // "c7i.16xlarge spot in subnet-0abc"

struct Refusal {
  CloudFailure failure;
  Instant at{};
  Instant until{};  // believed until then
};

// What a quota closes.
struct Closure {
  std::string region;
  std::optional<Market> market;  // unset: both
  std::string group{};           // of types, as vcpu_group() names it; empty: every type
  auto operator<=>(const Closure&) const = default;
};

class CapacityMemory {
 public:
  // EC2 has none of `candidate`, whoever asks; a later hit moves the end.
  void no_capacity(const Candidate& candidate, Refusal refusal);
  // It concerns what `pool` wants beside that (its image, its rights): no other pool is held up.
  void refused(const PoolName& pool, const Candidate& candidate, Refusal refusal);
  // True when it was open before: say it once.
  bool close(const Closure& what, Refusal refusal);
  // Why not to try it now, of several reasons the one that holds longest; unset: try.
  std::optional<Refusal> unavailable(const PoolName& pool, const Candidate& candidate,
                                     Instant now) const;
  void clear();

 private:
  std::map<Candidate, Refusal> candidates_;
  std::map<std::pair<PoolName, Candidate>, Refusal> of_pools_;
  std::map<Closure, Refusal> closures_;
};

}  // namespace cb::core
