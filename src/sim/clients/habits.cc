#include "sim/clients/habits.h"

#include <algorithm>

#include "base/text.h"
#include "sim/clients/clients.h"

namespace cb::sim {

int cores_in(const core::PoolSettings& pool) {
  const bool small = std::any_of(pool.instance_types.begin(), pool.instance_types.end(),
                                 [](const std::string& type) { return type.ends_with(".large"); });
  return small ? 2 : 64;
}

bool needs_a_lease(const core::PoolSettings& pool) {
  return pool.sharing != core::Sharing::kShared;
}

void Clients::take_habits(Client& client) {
  const core::Settings& settings = ground_.options.settings;
  auto pool = settings.pools.begin();
  if (settings.pools.size() > 1 && prng_.chance(40)) ++pool;
  client.pool = pool->first;
  if (prng_.chance(30)) client.wait = seconds{prng_.between(2, 90)};  // the impatient
  if (prng_.chance(5)) client.wait = seconds{0};
  const Duration idle = pool->second.idle_timeout;
  switch (prng_.below(4)) {
    case 0:
      break;  // never pings
    case 1:
      client.ping_every = idle * prng_.between(90, 115) / 100;
      break;  // late
    default:
      client.ping_every = prng_.between(seconds{30}, idle / 2);
      break;
  }
  client.releases = prng_.chance(static_cast<unsigned>(ground_.options.release_percent));
  client.wants_progress = prng_.chance(20);
  client.stays = staying_.chance(static_cast<unsigned>(ground_.options.staying_percent)) ||
                 needs_a_lease(pool->second);
  take_needs(client, pool->second);
}

// Most take whatever the pool has.
void Clients::take_needs(Client& client, const core::PoolSettings& pool) {
  Prng needs = stream(ground_.options.seed, str("needs of ", client.number));
  const int cores = cores_in(pool);
  if (pool.sharing == core::Sharing::kPacked && !needs.chance(8)) {
    client.need.cores = std::max(1, static_cast<int>(cores / (1 << needs.between(0, 5))));
  }
  Prng where = stream(ground_.options.seed, str("region of ", client.number));
  if (pool.regions.size() > 1 && where.chance(10)) {
    client.need.region = pool.regions[where.below(pool.regions.size())];
  }
  if (!needs.chance(static_cast<unsigned>(ground_.options.needs_percent))) return;
  switch (needs.below(4)) {
    case 0:
      client.need.type = pool.instance_types[needs.below(pool.instance_types.size())];
      break;
    case 1:
      client.need.market = pool.market == core::MarketOrder::kSpot       ? core::Market::kSpot
                           : pool.market == core::MarketOrder::kOnDemand ? core::Market::kOnDemand
                           : needs.chance(50)                            ? core::Market::kSpot
                                                                         : core::Market::kOnDemand;
      break;
    case 2:
      client.need.alone = client.stays = true;
      break;
    default:
      client.need.count = static_cast<int>(needs.between(2, 3));
      client.need.alone =
          stream(ground_.options.seed, str("several alone ", client.number)).chance(35);
      client.stays = true;
      break;
  }
}

}  // namespace cb::sim
