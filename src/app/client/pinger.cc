#include "app/client/pinger.h"

#include <algorithm>
#include <utility>

#include "app/client/client_options.h"
#include "base/text.h"

namespace cb::app {
namespace {

// The end of a command waits for a ping under way; a person may be waiting too.
constexpr Duration kPatience = seconds{3};

}  // namespace

Pinger::Pinger(BrokerOptions reach, std::string address, Duration interval)
    : reach_(std::move(reach)), address_(std::move(address)), interval_(interval) {
  reach_.connect_timeout = std::min(reach_.connect_timeout, kPatience);
  reach_.answer_timeout = std::min(reach_.answer_timeout, kPatience);
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
  try {
    ask_broker(reach_, str("PING ", address_));
    told_ = false;
  } catch (const Failure& failure) {
    if (!std::exchange(told_, true)) {
      complain(failure.what == "Worker not found"
                   ? str("the worker ", address_,
                         " has ended, or somebody has released it; the command goes on without it")
                   : str("the ping of ", address_, " failed (", failure.what,
                         "); the command goes on, but its worker may end as idle"));
    }
  }
}

}  // namespace cb::app
