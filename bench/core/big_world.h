#pragma once
// What the worlds of bench/core have in common: a broker that has found some ready workers, and
// what it did at its last step.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/kit/fake_cloud.h"
#include "core/broker.h"

namespace cb::bench {

class BigWorld {
 protected:
  BigWorld(core::Settings settings, std::size_t ready_workers)
      : broker_(std::move(settings), encode) {
    core::Started started;
    started.fresh_nonce = "benchmark";
    core::Listing listing;
    for (std::size_t i = 0; i < ready_workers; ++i) {
      const core::WorkerRecord record = ready_worker(i, now_);
      started.records.workers.emplace(record.id, record);
      listing.instances.push_back(running(record));
    }
    run(std::move(started));
    run(core::Identified{{"111122223333"}});
    CHECK(query_.value != 0);
    run(core::Listed{query_, std::move(listing)});
    for (std::size_t i = 0; i < ready_workers; ++i) probe_answered(i);
  }

  // The answer to a probe of that worker.
  void probe_answered(std::size_t worker) {
    run(core::Probed{{1}, ready_worker_id(worker), core::ProbeOutcome::kReady});
  }
  // Somebody new asks. Whether he was answered at once.
  bool answered(core::Request request, ConnectionId connection = {}) {
    run(core::Asked{{++caller_}, std::move(request), {}, connection});
    return first<core::Reply>() != nullptr;
  }
  // Who asked first of those who have not yet hung up does so.
  void first_hangs_up() { run(core::CallerGone{{++gone_}}); }
  void move_to(Instant at) {
    now_.wall += at - now_.boot;
    now_.boot = at;
  }
  void run(const core::Event& event) {
    done_ = broker_.step(now_, event).then;
    if (const auto* list = first<core::ListInstances>()) query_ = list->query;
  }

  Now now() const { return now_; }
  std::optional<Instant> next_deadline() const { return broker_.next_deadline(); }
  // Of what the last step did: the first of a kind, null where there is none, and how many.
  template <class Kind>
  const Kind* first() const {
    for (const core::Action& action : done_) {
      if (const auto* found = std::get_if<Kind>(&action)) return found;
    }
    return nullptr;
  }
  template <class Kind>
  std::size_t count() const {
    const auto of_kind = [](const auto& action) { return std::holds_alternative<Kind>(action); };
    return static_cast<std::size_t>(std::count_if(done_.begin(), done_.end(), of_kind));
  }

 private:
  static std::string encode(const core::LaunchSpec&) { return "request"; }

  Now now_{Instant{hours{100}}, WallTime{hours{490'000}}};
  core::Broker broker_;
  std::uint64_t caller_ = 0;
  std::uint64_t gone_ = 0;
  QueryId query_{};
  std::vector<core::Action> done_;
};

// Each of `many` in its turn, neighbours far apart.
class Turns {
 public:
  std::size_t next(std::size_t many) { return turn_ = (turn_ + kStride) % many; }

 private:
  static constexpr std::size_t kStride = 7919;  // a prime
  std::size_t turn_ = 0;
};

}  // namespace cb::bench
