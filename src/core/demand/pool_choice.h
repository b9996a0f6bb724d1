#pragma once
// Which pool serves a request. A pool offers what each of its machines has, whichever of its types
// it gets: so many cores as the smallest of them. Cores are what EC2 calls vCPUs: a c7i.16xlarge
// has 64.

#include <string_view>
#include <vector>

#include "core/model/request.h"
#include "core/model/settings.h"

namespace cb::core {

// The vCPUs of a type, by the size in its name ("16xlarge" is 64). 0: the name does not say
// (metal, and sizes below large, of which some have one), or its family counts otherwise (hpc).
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
int cores_of(std::string_view type);

// What a pool offers: its setting `cores`, else the fewest of its types; 0: nobody knows.
int cores_of(const PoolSettings& pool);

// In the order of the configuration.
std::vector<const Settings::Pools::value_type*> in_order(const Settings::Pools& pools);

// Whether the request may be served by the pool at all: an exclusive one only with a lease.
bool may_use(const PoolSettings& pool, const GetWorker& request);

// The pool that is named, if it has the cores; else `default` where no cores are asked for and
// there is one; else the first that has them, in the configuration's order. Pools that the request
// may not use are passed over unless they are named. Null: none does.
const Settings::Pools::value_type* choose_pool(const Settings& settings, const GetWorker& request);

// Why none does: which pools there are and what they offer. Nothing is launched.
Refused no_pool(const Settings& settings, const GetWorker& request);

}  // namespace cb::core
