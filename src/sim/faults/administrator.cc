#include "sim/faults/administrator.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cb::sim {

Administrator::Administrator(Ground& ground, Mailbox& mailbox)
    : ground_(ground),
      mailbox_(mailbox),
      prng_(stream(ground.options.seed, "administrator")),
      windows_(stream(ground.options.seed, "edited windows")) {}

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
  change_windows();
  if (mailbox_.is_open()) mailbox_.deliver(core::SettingsChanged{file});
  if (mailbox_.is_open() && !ground_.options.warm.empty()) {
    mailbox_.deliver(core::WarmPlanned{ground_.warm_file});
  }
}

// One begins or ends at another time, or wants another number.
void Administrator::change_windows() {
  for (auto& [pool, windows] : ground_.warm_file) {
    core::WarmWindow& window = windows[windows_.below(windows.size())];
    const auto by = std::chrono::floor<minutes>(windows_.between(minutes{0}, minutes{90}));
    if (windows_.chance(40)) {
      window.workers = windows_.below(3);
    } else if (windows_.chance(50)) {
      window.from -= by;
    } else if (window.from + by < window.until) {
      window.from += by;
    }
  }
}

void Administrator::heal() {
  if (std::exchange(ground_.warm_file, {}).empty() || !mailbox_.is_open()) return;
  mailbox_.deliver(core::WarmPlanned{});
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
