#pragma once
// Pings a worker from a thread of its own while a command computes on it, and keeps the lease on
// it.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "app/client/broker_client.h"

namespace cb::app {

class Pinger {
 public:
  // The first ping goes out after `interval`. A ping that fails is told on stderr, once until one
  // works again: the command goes on either way. A lease is kept by its connection, which is made
  // anew where it was lost; what the broker tells of its worker goes to stderr.
  Pinger(BrokerOptions reach, WorkerGiven worker, Duration interval);
  // Waits for a ping under way, at most its time limits.
  ~Pinger();
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;

 private:
  void run();
  void ping();
  void ping_leased();

  BrokerOptions reach_;
  WorkerGiven worker_;
  Duration interval_;
  bool told_ = false;  // by thread_ only
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace cb::app
