#pragma once
// Pings workers from a thread of its own while a command computes on them, and keeps the leases on
// them.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/client/broker_client.h"

namespace cb::app {

class Pinger {
 public:
  // The first ping goes out after `interval`. A ping that fails is told on stderr, once until one
  // works again: the command goes on either way. Leases are kept by their connection, which is made
  // anew where it was lost; what the broker tells of their workers goes to stderr.
  Pinger(BrokerOptions reach, WorkersGiven given, Duration interval);
  // Waits for a ping under way, at most its time limits.
  ~Pinger();
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;

 private:
  void run();
  void ping(std::size_t index);
  void ping_leased(const WorkersGiven::One& worker);

  BrokerOptions reach_;
  WorkersGiven given_;
  Duration interval_;
  std::vector<bool> told_;  // of each worker; by thread_ only
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace cb::app
