#pragma once
// What to launch for a pool, in which order, and the exact spec of one launch.

#include <optional>
#include <string>
#include <vector>

#include "core/launch/capacity_memory.h"
#include "core/model/cloud.h"
#include "core/model/settings.h"

namespace cb::core {

// What serves `need`: each type on spot, then each on demand, as the pool's `market` says, and then
// the same in its next region; each in every subnet before the next type, since what a zone lacks
// of one type another zone may have. On demand only the first type is tried: it has capacity when
// anything has, and the others cost no less.
std::vector<Candidate> candidates(const Settings& settings, const PoolSettings& pool,
                                  const Need& need);
// Whatever the pool may launch in that region, or in that subnet of it, whoever needs it.
std::vector<Candidate> candidates_in(const PoolSettings& pool, const std::string& region,
                                     const std::optional<std::string>& subnet = {});
// Whether one of them is there.
bool launches_in(const Settings& settings, const PoolSettings& pool, const std::string& region,
                 const std::string& subnet);

// The whole request for one attempt at `candidate`. `wall` dates the expiry tag.
LaunchSpec launch_spec(const Settings& settings, const PoolName& name, const PoolSettings& pool,
                       const Candidate& candidate, const LaunchToken& token, WallTime wall);

// The part of a token that names the state_dir which made it; empty for a foreign token.
std::string nonce_of(const LaunchToken& token);
LaunchToken make_token(const std::string& nonce, std::uint64_t number);

}  // namespace cb::core
