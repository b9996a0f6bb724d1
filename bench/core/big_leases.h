#pragma once
// A broker whose clients hold many leases: all on one worker that they share, or four on each of
// many workers that are parted by cores.

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "bench/kit/fake_cloud.h"
#include "core/broker.h"

namespace cb::bench {

class BigLeases {
 public:
  BigLeases(std::size_t leases, core::Sharing sharing)
      : sharing_(sharing), broker_(settings(workers_for(leases, sharing), sharing), encode) {
    const std::size_t workers = workers_for(leases, sharing);
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
    for (std::size_t i = 0; i < workers; ++i) {
      run(core::Probed{{1}, ready_worker(i, now_).id, core::ProbeOutcome::kReady});
    }
    held_.reserve(leases);
    for (std::size_t i = 0; i < leases; ++i) CHECK(take(i));
  }

  // One client gives back, and another one comes.
  bool give_back_and_take() {
    const std::size_t place = next();
    const Held former = std::exchange(held_[place], {});
    run(core::Asked{
        {++caller_}, core::Release{former.address, former.lease}, {}, former.connection});
    run(core::ConnectionLost{former.connection});
    return take(place);
  }
  bool ping() {
    const Held& held = held_[next()];
    return answered(core::Ping{held.address, held.lease}, held.connection);
  }
  // A client is gone without a word, and is back in time.
  bool lose_and_resume() {
    Held& held = held_[next()];
    run(core::ConnectionLost{held.connection});
    held.connection = {++connection_};
    return answered(core::Renew{held.lease}, held.connection);
  }

 private:
  struct Held {
    std::string address;
    LeaseId lease;
    ConnectionId connection;
  };

  static constexpr int kCores = 16;             // of a lease
  static constexpr std::size_t kOnOne = 4;      // on a machine of 64 cores
  static constexpr std::size_t kStride = 7919;  // a prime: every lease has its turn, far apart

  static std::string encode(const core::LaunchSpec&) { return "request"; }
  static std::size_t workers_for(std::size_t leases, core::Sharing sharing) {
    return sharing == core::Sharing::kPacked ? (leases + kOnOne - 1) / kOnOne : 1;
  }
  static core::Settings settings(std::size_t workers, core::Sharing sharing) {
    core::Settings settings = settings_with_image();
    settings.max_workers = workers + 1;
    core::PoolSettings& pool = settings.pools.begin()->second;
    pool.sharing = sharing;
    settings.max_lifetime = pool.idle_timeout = hours{24 * 365};
    settings.lease_ttl = settings.lease_grace = hours{24};
    return settings;
  }
  std::size_t next() { return turn_ = (turn_ + kStride) % held_.size(); }
  bool take(std::size_t place) {
    core::GetWorker get;
    get.leased = true;
    if (sharing_ == core::Sharing::kPacked) get.cores = kCores;
    const ConnectionId connection{++connection_};
    if (!answered(std::move(get), connection)) return false;
    if (place == held_.size()) held_.emplace_back();
    held_[place] = {given_.address, given_.lease, connection};
    return true;
  }
  bool answered(core::Request request, ConnectionId connection) {
    replied_ = false;
    run(core::Asked{{++caller_}, std::move(request), {}, connection});
    return replied_;
  }
  void run(const core::Event& event) {
    const core::Decision decision = broker_.step(now_, event);
    for (const core::Action& action : decision.then) {
      if (const auto* list = std::get_if<core::ListInstances>(&action)) query_ = list->query;
      const auto* reply = std::get_if<core::Reply>(&action);
      if (reply == nullptr) continue;
      CHECK(!std::holds_alternative<core::Refused>(reply->answer));
      replied_ = true;
      if (const auto* given = std::get_if<core::WorkerAddress>(&reply->answer)) given_ = *given;
    }
  }

  core::Sharing sharing_;
  Now now_{Instant{hours{100}}, WallTime{hours{490'000}}};
  core::Broker broker_;
  std::vector<Held> held_;
  core::WorkerAddress given_;
  std::size_t turn_ = 0;
  std::uint64_t caller_ = 0;
  std::uint64_t connection_ = 0;
  QueryId query_{};
  bool replied_ = false;
};

}  // namespace cb::bench
