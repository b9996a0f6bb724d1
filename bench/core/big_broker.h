#pragma once
// A broker with many ready workers, and single steps of each kind that its hot path has.

#include <algorithm>

#include "bench/core/big_world.h"

namespace cb::bench {

class BigBroker : BigWorld {
 public:
  explicit BigBroker(std::size_t workers)
      : BigWorld(settings(workers), workers), workers_(workers) {
    CHECK(get_worker());
  }

  // Whether the broker answered at once.
  bool get_worker() { return answered(core::GetWorker{}); }
  bool ping() { return answered(core::Ping{address_of(next())}); }
  // The answer to a probe of one of them.
  void probe_answered() { BigWorld::probe_answered(next()); }
  // The next timer; returns how many probes it sent.
  std::size_t timer() {
    const auto due = next_deadline();
    CHECK(due);
    move_to(std::max(*due, now().boot));
    run(core::TimePassed{});
    return count<core::ProbeWorker>();
  }

 private:
  static core::Settings settings(std::size_t workers) {
    core::Settings settings = settings_with_image();
    settings.max_workers = workers + 1;
    // Nobody idles out or grows old while steps are counted.
    settings.max_lifetime = settings.pools.begin()->second.idle_timeout = hours{24 * 365};
    return settings;
  }
  std::size_t next() { return turns_.next(workers_); }

  std::size_t workers_;
  Turns turns_;
};

}  // namespace cb::bench
