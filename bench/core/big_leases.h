#pragma once
// A broker whose clients hold many leases: all on one worker that they share, or four on each of
// many workers that are parted by cores.

#include <string>
#include <utility>
#include <vector>

#include "bench/core/big_world.h"

namespace cb::bench {

class BigLeases : BigWorld {
 public:
  BigLeases(std::size_t leases, core::Sharing sharing)
      : BigWorld(settings(workers_for(leases, sharing), sharing), workers_for(leases, sharing)),
        sharing_(sharing) {
    held_.reserve(leases);
    for (std::size_t i = 0; i < leases; ++i) CHECK(take(i));
  }

  // One client gives back, and another one comes.
  bool give_back_and_take() {
    const std::size_t place = next();
    const Held former = std::exchange(held_[place], {});
    served(core::Release{former.address, former.lease}, former.connection);
    run(core::ConnectionLost{former.connection});
    return take(place);
  }
  bool ping() {
    const Held& held = held_[next()];
    return served(core::Ping{held.address, held.lease}, held.connection);
  }
  // A client is gone without a word, and is back in time.
  bool lose_and_resume() {
    Held& held = held_[next()];
    run(core::ConnectionLost{held.connection});
    held.connection = {++connection_};
    return served(core::Renew{held.lease}, held.connection);
  }

 private:
  struct Held {
    std::string address;
    LeaseId lease;
    ConnectionId connection;
  };

  static constexpr int kCores = 16;         // of a lease
  static constexpr std::size_t kOnOne = 4;  // on a machine of 64 cores

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
  std::size_t next() { return turns_.next(held_.size()); }
  bool take(std::size_t place) {
    core::GetWorker get;
    get.leased = true;
    if (sharing_ == core::Sharing::kPacked) get.cores = kCores;
    const ConnectionId connection{++connection_};
    if (!served(std::move(get), connection)) return false;
    const auto* given = std::get_if<core::WorkerAddress>(&first<core::Reply>()->answer);
    CHECK(given != nullptr);
    if (place == held_.size()) held_.emplace_back();
    held_[place] = {given->address, given->lease, connection};
    return true;
  }
  bool served(core::Request request, ConnectionId connection) {
    if (!answered(std::move(request), connection)) return false;
    CHECK(!std::holds_alternative<core::Refused>(first<core::Reply>()->answer));
    return true;
  }

  core::Sharing sharing_;
  std::vector<Held> held_;
  Turns turns_;
  std::uint64_t connection_ = 0;
};

}  // namespace cb::bench
