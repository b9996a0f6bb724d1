#pragma once
// What clients know of the pools of their world.

#include "core/model/settings.h"

namespace cb::sim {

// Of every machine of the pool; the types of this world by what EC2 says of them.
int cores_in(const core::PoolSettings& pool);
bool needs_a_lease(const core::PoolSettings& pool);

}  // namespace cb::sim
