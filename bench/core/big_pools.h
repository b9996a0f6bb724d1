#pragma once
// A broker with many pools, for each of which somebody waits and a launch is under way, and one
// ready worker of one more.

#include <utility>
#include <vector>

#include "bench/core/big_world.h"

namespace cb::bench {

class BigPools : BigWorld {
 public:
  explicit BigPools(std::size_t pools) : BigWorld(settings(pools), 1), pools_(pools) {
    for (int twice = 0; twice < 2; ++twice) {  // so that none is ever left by all
      for (std::size_t i = 0; i < pools; ++i) {
        ask(i);
        if (const auto* launch = first<core::LaunchInstance>()) calls_.push_back(*launch);
      }
    }
    CHECK(calls_.size() == pools);
  }

  // One more comes for one of them, and one who came long ago hangs up.
  void ask_and_hang_up() {
    ask(next());
    first_hangs_up();
  }
  // Of one that is ready, beside all that wait.
  bool get_worker() {
    core::GetWorker get;
    get.pool = {"default"};
    return answered(std::move(get));
  }
  // A launch of one could not be asked for, and is a moment later.
  bool launch_fails_and_is_asked_for_again() {
    const core::LaunchInstance& call = calls_[next()];
    run(core::LaunchAnswered{
        call.token, call.region,
        core::CloudFailure{core::FailureClass::kUnreachable, "timeout", "no route"}});
    move_to(now().boot + kMoment);
    run(core::TimePassed{});
    return count<core::LaunchInstance>() == 1;
  }

 private:
  static constexpr Duration kMoment = milliseconds{2};

  static PoolName name(std::size_t number) { return {str("pool-", number)}; }
  static core::Settings settings(std::size_t pools) {
    core::Settings settings = settings_with_image();
    settings.max_workers = pools + 2;
    settings.launch_burst = pools + 2;
    settings.launches_per_hour_max = pools + 2;
    settings.retry_delay_min = settings.retry_delay_max = milliseconds{1};
    settings.launch_interval = milliseconds{1};
    const core::PoolSettings pool = settings.pools.begin()->second;
    for (std::size_t i = 0; i < pools; ++i) settings.pools.emplace(name(i), pool);
    return settings;
  }
  std::size_t next() { return turns_.next(pools_); }
  void ask(std::size_t pool) {
    core::GetWorker get;
    get.pool = name(pool);
    CHECK(!answered(std::move(get)));
  }

  std::size_t pools_;
  std::vector<core::LaunchInstance> calls_;
  Turns turns_;
};

}  // namespace cb::bench
