#pragma once
// A broker with many pools, for each of which somebody waits and a launch is under way, and one
// ready worker of one more.

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/kit/fake_cloud.h"
#include "core/broker.h"

namespace cb::bench {

class BigPools {
 public:
  explicit BigPools(std::size_t pools) : pools_(pools), broker_(settings(pools), encode) {
    core::Started started;
    started.fresh_nonce = "benchmark";
    const core::WorkerRecord record = ready_worker(0, now_);
    started.records.workers.emplace(record.id, record);
    run(std::move(started));
    run(core::Identified{{"111122223333"}});
    CHECK(query_.value != 0);
    run(core::Listed{query_, core::Listing{{running(record)}}});
    run(core::Probed{{1}, record.id, core::ProbeOutcome::kReady});
    for (int twice = 0; twice < 2; ++twice) {  // so that none is ever left by all
      for (std::size_t i = 0; i < pools; ++i) ask(i);
    }
    CHECK(launches_ == pools);
  }

  // One more comes for one of them, and one who came long ago hangs up.
  void ask_and_hang_up() {
    ask(next());
    run(core::CallerGone{{++gone_}});
  }
  // Of one that is ready, beside all that wait.
  bool get_worker() {
    replied_ = false;
    core::GetWorker get;
    get.pool = {"default"};
    run(core::Asked{{kServed}, std::move(get)});
    return replied_;
  }
  // A launch of one could not be asked for, and is a moment later.
  bool launch_fails_and_is_asked_for_again() {
    const core::LaunchInstance& call = calls_[next()];
    const std::size_t before = launches_;
    run(core::LaunchAnswered{
        call.token, core::CloudFailure{core::FailureClass::kUnreachable, "timeout", "no route"}});
    now_.boot += kMoment;
    now_.wall += kMoment;
    run(core::TimePassed{});
    return launches_ == before + 1;
  }

 private:
  static constexpr std::uint64_t kServed = 1'000'000'000'000;  // no number of one who waits
  static constexpr std::size_t kStride = 7919;                 // a prime: every pool has its turn
  static constexpr Duration kMoment = milliseconds{2};

  static std::string encode(const core::LaunchSpec&) { return "request"; }
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
  std::size_t next() { return turn_ = (turn_ + kStride) % pools_; }
  void ask(std::size_t pool) {
    core::GetWorker get;
    get.pool = name(pool);
    run(core::Asked{{++caller_}, std::move(get)});
  }
  void run(const core::Event& event) {
    const core::Decision decision = broker_.step(now_, event);
    for (const core::Action& action : decision.then) {
      if (std::holds_alternative<core::Reply>(action)) replied_ = true;
      if (const auto* list = std::get_if<core::ListInstances>(&action)) query_ = list->query;
      if (const auto* launch = std::get_if<core::LaunchInstance>(&action)) {
        if (launches_++ < pools_) calls_.push_back(*launch);
      }
    }
  }

  std::size_t pools_;
  Now now_{Instant{hours{100}}, WallTime{hours{490'000}}};
  core::Broker broker_;
  std::vector<core::LaunchInstance> calls_;
  std::size_t launches_ = 0;
  std::size_t turn_ = 0;
  std::uint64_t caller_ = 0;
  std::uint64_t gone_ = 0;
  QueryId query_{};
  bool replied_ = false;
};

}  // namespace cb::bench
