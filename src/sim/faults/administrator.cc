#include "sim/faults/administrator.h"

#include <algorithm>
#include <iterator>

namespace cb::sim {

Administrator::Administrator(Ground& ground, Mailbox& mailbox)
    : ground_(ground), mailbox_(mailbox), prng_(stream(ground.options.seed, "administrator")) {}

void Administrator::plan() {
  for (const Moment when : ground_.schedule.times(Fault::kSettingsEdited)) {
    ground_.heap.at(when, [this] { edit(); });
  }
}

void Administrator::edit() {
  if (ground_.schedule.healed()) return;
  core::Settings& file = ground_.file;
  if (prng_.chance(25)) {
    // One for each pool at least, or some pool's callers would be refused for ever.
    file.max_workers = file.pools.size() + prng_.below(5);
  } else {
    auto pool = file.pools.begin();
    std::advance(pool, prng_.below(file.pools.size()));
    change(pool->second);
  }
  ground_.tally.count(Fault::kSettingsEdited);
  ground_.timeline.note("file    is edited");
  if (mailbox_.is_open()) mailbox_.deliver(core::SettingsChanged{file});
}

// Every value differs from what it was, and from what other pools have.
void Administrator::change(core::PoolSettings& pool) {
  using core::MarketOrder;
  switch (prng_.below(5)) {
    case 0:  // a new image, or the former one again
      if (pool.image.ends_with("-new")) {
        pool.image.resize(pool.image.size() - 4);
      } else {
        pool.image += "-new";
      }
      return;
    case 1: {  // another type first
      auto& types = pool.instance_types;
      std::rotate(types.begin(), types.begin() + 1, types.end());
      return;
    }
    case 2: {
      constexpr MarketOrder kOrders[] = {MarketOrder::kSpotThenOnDemand, MarketOrder::kSpot,
                                         MarketOrder::kOnDemand};
      pool.market = kOrders[prng_.below(std::size(kOrders))];
      return;
    }
    case 3:
      pool.idle_timeout += pool.idle_timeout > minutes{10} ? -minutes{7} : minutes{7};
      return;
    default:
      pool.launch_timeout += pool.launch_timeout > seconds{150} ? -seconds{44} : seconds{44};
  }
}

}  // namespace cb::sim
