#include "core/demand/pool_choice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace cb::core {
namespace {

using Pool = Settings::Pools::value_type;

bool allows(const PoolSettings& pool, Market market) {
  return pool.market == MarketOrder::kSpotThenOnDemand ||
         (pool.market == MarketOrder::kSpot) == (market == Market::kSpot);
}

bool has_type(const PoolSettings& pool, const std::string& type) {
  const auto& types = pool.instance_types;
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool offers(const Settings& settings, const PoolSettings& pool, const GetWorker& request) {
  if (request.type && !has_type(pool, *request.type)) return false;
  if (request.market && !allows(pool, *request.market)) return false;
  if (request.region && !settings.launches_in(pool, *request.region)) return false;
  if (request.cores == 0) return true;
  return request.cores <= pool.least_cores(request.type);
}

bool asks_for_something(const GetWorker& request) {
  return request.cores != 0 || request.type || request.market || request.region;
}

// "64 cores, c7i.16xlarge", in the order in which a request says it.
std::string asked_for(const GetWorker& request) {
  std::vector<std::string> parts;
  if (request.cores != 0) parts.push_back(str(request.cores, " cores"));
  if (request.type) parts.push_back(*request.type);
  if (request.market) parts.push_back(str(to_string(*request.market), " instances"));
  if (request.region) parts.push_back(str("region ", *request.region));
  return join(parts, ", ");
}

std::string_view markets_of(const PoolSettings& pool) {
  switch (pool.market) {
    case MarketOrder::kSpot:
      return "spot";
    case MarketOrder::kOnDemand:
      return "on-demand";
    case MarketOrder::kSpotThenOnDemand:
      break;
  }
  return "spot and on-demand";
}

// Of what was asked for.
std::string offer(const Settings& settings, const Pool& pool, const GetWorker& request) {
  const std::string& name = pool.first.value;
  std::vector<std::string> parts;
  const int cores = pool.second.least_cores();
  if (cores == 0) {
    parts.push_back(str("set [pool.", name, "] cores: its types do not say"));
  } else {
    parts.push_back(str(cores, " cores"));
  }
  if (request.type) parts.push_back(join(pool.second.instance_types, ", "));
  if (request.market) parts.emplace_back(markets_of(pool.second));
  if (request.region) {
    const auto regions = settings.regions_of(pool.second);
    parts.push_back(join(std::vector<std::string>(regions.begin(), regions.end()), ", "));
  }
  return str(name, " (", join(parts, "; "), ")");
}

Refused refused(RefusalReason reason, const Settings& settings, const GetWorker& request,
                const std::string& why) {
  std::vector<std::string> offers;
  for (const Pool* pool : in_order(settings.pools)) {
    offers.push_back(offer(settings, *pool, request));
  }
  return {reason, str(why, "; there is ", join(offers, ", "))};
}

}  // namespace

std::vector<const Pool*> in_order(const Settings::Pools& pools) {
  std::vector<const Pool*> out;
  for (const Pool& pool : pools) out.push_back(&pool);
  std::stable_sort(out.begin(), out.end(),
                   [](const Pool* a, const Pool* b) { return a->second.place < b->second.place; });
  return out;
}

Need need_of(const GetWorker& request) {
  return {.type = request.type,
          .market = request.market,
          .region = request.region,
          .cores = request.cores,
          .count = request.count,
          .leased = request.leased,
          .alone = request.alone};
}

bool may_use(const PoolSettings& pool, const Need& need) {
  return need.leased || (pool.sharing == Sharing::kShared && !need.alone && need.count == 1);
}

const Pool* choose_pool(const Settings& settings, const GetWorker& request) {
  static const PoolName kDefault{"default"};
  const Need need = need_of(request);
  const bool named = !request.pool.value.empty();
  if (named || !asks_for_something(request)) {
    const auto found = settings.pools.find(named ? request.pool : kDefault);
    if (found != settings.pools.end()) {
      const bool serves = offers(settings, found->second, request) && may_use(found->second, need);
      return serves ? &*found : nullptr;
    }
    if (named) return nullptr;
  }
  const auto pools = in_order(settings.pools);
  const auto first = std::find_if(pools.begin(), pools.end(), [&](const Pool* pool) {
    return offers(settings, pool->second, request) && may_use(pool->second, need);
  });
  return first == pools.end() ? nullptr : *first;
}

Refused needs_a_lease(const PoolName& name, const PoolSettings& pool) {
  const std::string_view gives = pool.sharing == Sharing::kPacked
                                     ? " gives each client cores of its own"
                                     : " gives each worker to one client at a time";
  return {RefusalReason::kNoPoolFits,
          str("pool ", name.value, gives, ", which needs a lease: say HELLO 3 first, or use ",
              "compute-broker run, or get --hold")};
}

Refused no_pool(const Settings& settings, const GetWorker& request) {
  const bool named = !request.pool.value.empty();
  const auto meant = settings.pools.find(named ? request.pool : PoolName{"default"});
  if (meant != settings.pools.end() && !may_use(meant->second, need_of(request)) &&
      offers(settings, meant->second, request)) {
    return needs_a_lease(meant->first, meant->second);
  }
  if (!named && asks_for_something(request)) {
    return refused(RefusalReason::kNoPoolFits, settings, request,
                   str("no pool offers ", asked_for(request)));
  }
  const std::string name = named ? request.pool.value : "default";
  if (!settings.pools.contains(PoolName{name})) {
    return refused(RefusalReason::kUnknownPool, settings, request,
                   str("pool ", name, " is not configured"));
  }
  return refused(RefusalReason::kNoPoolFits, settings, request,
                 str("pool ", name, " does not offer ", asked_for(request)));
}

std::size_t workers_for(const PoolSettings& pool, const Need& need) {
  const auto count = static_cast<std::size_t>(need.count);
  if (pool.sharing != Sharing::kPacked || need.alone || need.cores == 0) return count;
  const int cores = pool.least_cores(need.type);
  const auto on_one = static_cast<std::size_t>(std::max(1, cores / need.cores));
  return (count + on_one - 1) / on_one;
}

std::optional<Refused> never(const Settings& settings, const PoolName& name,
                             const PoolSettings& pool, const Need& need) {
  const std::size_t workers = workers_for(pool, need);
  const bool of_pool = pool.max_workers != 0 && pool.max_workers < settings.max_workers;
  const std::size_t most = of_pool ? pool.max_workers : settings.max_workers;
  if (need.count == 1 || workers <= most) return {};
  return Refused{RefusalReason::kLimit,
                 str("count=", need.count, " takes ", workers, " workers of pool ", name.value,
                     " at once, and ", of_pool ? str("[pool.", name.value, "] ") : std::string(),
                     "max_workers = ", most, " allows no more than that")};
}

}  // namespace cb::core
