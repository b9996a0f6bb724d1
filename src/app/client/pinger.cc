#include "app/client/pinger.h"

#include <algorithm>
#include <utility>

#include "app/client/client_options.h"
#include "base/text.h"

namespace cb::app {

Pinger::Pinger(BrokerOptions reach, WorkerGiven worker, Duration interval)
    // The end of the command waits for a ping under way.
    : reach_(in_haste(std::move(reach))), worker_(std::move(worker)), interval_(interval) {
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
    lock.unlock();
    ping();
    lock.lock();
  }
}

void Pinger::ping() {
  const std::string& address = worker_.address;
  try {
    if (worker_.lease.empty()) {
      ask_broker(reach_, str("PING ", address));
    } else {
      ping_leased();
    }
    told_ = false;
  } catch (const Failure& failure) {
    worker_.connection.reset();
    if (std::exchange(told_, true)) return;
    complain(failure.what == "Worker not found" || failure.what == "Lease not found"
                 ? str("the worker ", address,
                       " has ended, or somebody has released it; the command goes on without it")
                 : str("the ping of ", address, " failed (", failure.what,
                       "); the command goes on, but its worker may end as idle"));
  }
}

void Pinger::ping_leased() {
  const auto tell = [](const std::string& notice) {
    complain(str("the broker says of the worker ", notice));
  };
  if (!worker_.connection) {
    worker_.connection.emplace(reach_);
    ask_on(*worker_.connection, reach_, str("HELLO 3 lease=", worker_.lease), tell);
  }
  ask_on(*worker_.connection, reach_, str("PING ", worker_.address, " lease=", worker_.lease),
         tell);
}

}  // namespace cb::app
