#include "app/client/pinger.h"

#include <algorithm>
#include <utility>

#include "app/client/client_options.h"
#include "base/text.h"

namespace cb::app {

Pinger::Pinger(BrokerOptions reach, WorkersGiven given, Duration interval)
    // The end of the command waits for a ping under way.
    : reach_(in_haste(std::move(reach))),
      given_(std::move(given)),
      interval_(interval),
      told_(given_.workers.size()) {
  thread_ = std::thread([this] { run(); });
}

Pinger::~Pinger() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Pinger::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, interval_, [this] { return stop_; })) {
    for (std::size_t index = 0; index < given_.workers.size() && !stop_; ++index) {
      lock.unlock();
      ping(index);
      lock.lock();
    }
  }
}

void Pinger::ping(std::size_t index) {
  const WorkersGiven::One& worker = given_.workers[index];
  try {
    if (worker.lease.empty()) {
      ask_broker(reach_, str("PING ", worker.address));
    } else {
      ping_leased(worker);
    }
    told_[index] = false;
  } catch (const Failure& failure) {
    const bool ended = failure.what == "Worker not found" || failure.what == "Lease not found";
    // The others' leases are bound to it.
    if (!ended || given_.workers.size() == 1) given_.connection.reset();
    if (told_[index]) return;
    told_[index] = true;
    complain(ended ? str("the worker ", worker.address,
                         " has ended, or somebody has released it; the command goes on without it")
                   : str("the ping of ", worker.address, " failed (", failure.what,
                         "); the command goes on, but its worker may end as idle"));
  }
}

void Pinger::ping_leased(const WorkersGiven::One& worker) {
  const auto tell = [](const std::string& notice) {
    complain(str("the broker says of the worker ", notice));
  };
  if (!given_.connection) {
    given_.connection.emplace(reach_);
    ask_on(*given_.connection, reach_, "HELLO 3", tell);
  }
  // Whatever connection the lease was bound to, from now on it is this one.
  ask_on(*given_.connection, reach_, str("PING ", worker.address, " lease=", worker.lease), tell);
}

}  // namespace cb::app
