#include "core/demand/pool_choice.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"

namespace cb::core {
namespace {

using Pool = Settings::Pools::value_type;

std::string offer(const Pool& pool) {
  const int cores = cores_of(pool.second);
  const std::string& name = pool.first.value;
  if (cores == 0) return str(name, " (set [pool.", name, "] cores: its types do not say)");
  return str(name, " (", cores, " cores)");
}

Refused refused(RefusalReason reason, const Settings& settings, const std::string& why) {
  std::vector<std::string> offers;
  for (const Pool* pool : in_order(settings.pools)) offers.push_back(offer(*pool));
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

int cores_of(std::string_view type) {
  const std::size_t dot = type.find('.');
  if (dot == type.npos || type.starts_with("hpc") || type.starts_with("mac")) return 0;
  std::string_view size = type.substr(dot + 1);
  if (size == "large") return 2;
  if (size == "xlarge") return 4;
  if (!size.ends_with("xlarge")) return 0;
  size.remove_suffix(std::string_view("xlarge").size());
  const auto times = parse_int(size);
  return times && *times >= 2 && *times <= 448 ? static_cast<int>(*times * 4) : 0;
}

int cores_of(const PoolSettings& pool) {
  if (pool.cores != 0 || pool.instance_types.empty()) return pool.cores;
  int fewest = cores_of(pool.instance_types.front());
  for (const std::string& type : pool.instance_types) fewest = std::min(fewest, cores_of(type));
  return fewest;
}

bool may_use(const PoolSettings& pool, const GetWorker& request) {
  return pool.sharing == Sharing::kShared || request.leased;
}

const Pool* choose_pool(const Settings& settings, const GetWorker& request) {
  static const PoolName kDefault{"default"};
  const bool named = !request.pool.value.empty();
  if (named || request.cores == 0) {
    const auto found = settings.pools.find(named ? request.pool : kDefault);
    if (found != settings.pools.end()) {
      const bool has_them = request.cores == 0 || request.cores <= cores_of(found->second);
      return has_them && may_use(found->second, request) ? &*found : nullptr;
    }
    if (named) return nullptr;
  }
  const auto pools = in_order(settings.pools);
  const auto first = std::find_if(pools.begin(), pools.end(), [&](const Pool* pool) {
    return request.cores <= cores_of(pool->second) && may_use(pool->second, request);
  });
  return first == pools.end() ? nullptr : *first;
}

Refused no_pool(const Settings& settings, const GetWorker& request) {
  const auto meant =
      settings.pools.find(request.pool.value.empty() ? PoolName{"default"} : request.pool);
  if (meant != settings.pools.end() && !may_use(meant->second, request)) {
    return {RefusalReason::kNoPoolFits,
            str("pool ", meant->first.value, " gives each worker to one client at a time, which ",
                "needs a lease: say HELLO 3 first, or use compute-broker run, or get --hold")};
  }
  const std::string name = request.pool.value.empty() ? "default" : request.pool.value;
  if (request.pool.value.empty() && request.cores != 0) {
    return refused(RefusalReason::kNoPoolFits, settings,
                   str("no pool offers ", request.cores, " cores"));
  }
  if (!settings.pools.contains(PoolName{name})) {
    return refused(RefusalReason::kUnknownPool, settings, str("pool ", name, " is not configured"));
  }
  return refused(RefusalReason::kNoPoolFits, settings,
                 str("pool ", name, " does not offer ", request.cores, " cores"));
}

}  // namespace cb::core
