#pragma once
// A broker with many ready workers, and single steps of each kind that its hot path has.

#include <string>

#include "base/check.h"
#include "bench/kit/fake_cloud.h"
#include "core/broker.h"

namespace cb::bench {

class BigBroker {
 public:
  explicit BigBroker(std::size_t workers) : workers_(workers), broker_(settings(workers), encode) {
    core::Started started;
    started.fresh_nonce = "benchmark";
    core::Listing listing;
    for (std::size_t i = 0; i < workers; ++i) {
      const core::WorkerRecord record = ready_worker(i, now_);
      started.records.workers.emplace(record.id, record);
      listing.instances.push_back(running(record));
    }
    run(std::move(started));
    run(core::Identified{{"111122223333"}});
    CHECK(query_.value != 0);
    run(core::Listed{query_, std::move(listing)});
    for (std::size_t i = 0; i < workers; ++i) probe_answered();
    CHECK(get_worker());
  }

  // Whether the broker answered at once.
  bool get_worker() { return answered(core::GetWorker{}); }
  bool ping() { return answered(core::Ping{address_of(next())}); }
  // The answer to a probe of one of them.
  void probe_answered() {
    run(core::Probed{{1}, ready_worker_id(next()), core::ProbeOutcome::kReady});
  }
  // The next timer; returns how many probes it sent.
  std::size_t timer() {
    const auto due = broker_.next_deadline();
    CHECK(due);
    move_to(std::max(*due, now_.boot));
    probes_ = 0;
    run(core::TimePassed{});
    return probes_;
  }

 private:
  static std::string encode(const core::LaunchSpec&) { return "request"; }
  static core::Settings settings(std::size_t workers) {
    core::Settings settings = settings_with_image();
    settings.max_workers = workers + 1;
    // Nobody idles out or grows old while steps are counted.
    settings.max_lifetime = settings.pools.begin()->second.idle_timeout = hours{24 * 365};
    return settings;
  }
  InstanceId ready_worker_id(std::size_t number) const {
    return {str("i-0", 1'000'000'000'000'000 + number)};
  }
  std::size_t next() { return turn_ = (turn_ + kStride) % workers_; }
  bool answered(core::Request request) {
    replied_ = false;
    run(core::Asked{{++caller_}, std::move(request)});
    return replied_;
  }
  void move_to(Instant at) {
    now_.wall += at - now_.boot;
    now_.boot = at;
  }
  void run(const core::Event& event) {
    const core::Decision decision = broker_.step(now_, event);
    for (const core::Action& action : decision.then) {
      if (std::holds_alternative<core::Reply>(action)) replied_ = true;
      if (std::holds_alternative<core::ProbeWorker>(action)) ++probes_;
      if (const auto* list = std::get_if<core::ListInstances>(&action)) query_ = list->query;
    }
  }

  static constexpr std::size_t kStride = 7919;  // a prime: every worker has its turn, far apart

  std::size_t workers_;
  Now now_{Instant{hours{100}}, WallTime{hours{490'000}}};
  core::Broker broker_;
  std::size_t turn_ = 0;
  std::size_t probes_ = 0;
  std::uint64_t caller_ = 0;
  QueryId query_{};
  bool replied_ = false;
};

}  // namespace cb::bench
