#pragma once
// Pings a worker from a thread of its own while a command computes on it.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "app/client/broker_client.h"

namespace cb::app {

class Pinger {
 public:
  // The first ping goes out after `interval`. A ping that fails is told on stderr, once until one
  // works again: the command goes on either way.
  Pinger(BrokerOptions reach, std::string address, Duration interval);
  // Waits for a ping under way, at most its time limits.
  ~Pinger();
  Pinger(const Pinger&) = delete;
  Pinger& operator=(const Pinger&) = delete;

 private:
  void run();
  void ping();

  BrokerOptions reach_;
  std::string address_;
  Duration interval_;
  bool told_ = false;  // by thread_ only
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace cb::app
