#pragma once
// Which pool serves a request. A pool offers what each of its machines has, whichever of its types
// it gets: so many cores as the smallest of them. A type that is asked for by name has its own.

#include <optional>
#include <vector>

#include "core/model/need.h"
#include "core/model/request.h"
#include "core/model/settings.h"

namespace cb::core {

// In the order of the configuration.
std::vector<const Settings::Pools::value_type*> in_order(const Settings::Pools& pools);

// What the request asks of a worker, once its pool is chosen.
Need need_of(const GetWorker& request);

// Whether the need may be served by the pool at all: without a lease only a shared one.
bool may_use(const PoolSettings& pool, const Need& need);

// The pool that is named, if it offers what is asked for; else `default` where nothing is asked for
// and there is one; else the first that offers it, in the configuration's order. Pools that the
// request may not use are passed over unless they are named. Null: none does.
const Settings::Pools::value_type* choose_pool(const Settings& settings, const GetWorker& request);

// Why none does: which pools there are and what they offer. Nothing is launched.
Refused no_pool(const Settings& settings, const GetWorker& request);
// Why `need` cannot be served without a lease by this pool.
Refused needs_a_lease(const PoolName& name, const PoolSettings& pool);

// So many workers at least serve a need of a count above 1, where nobody else is on them.
std::size_t workers_for(const PoolSettings& pool, const Need& need);
// Why that can never be: it is more than there may be. Unset: it can.
std::optional<Refused> never(const Settings& settings, const PoolName& name,
                             const PoolSettings& pool, const Need& need);

}  // namespace cb::core
