#pragma once
// The loop around the broker: take an event, step, save, act. Single-threaded and without a clock,
// so that the simulator runs this very code.

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/broker.h"
#include "driver/backlog.h"
#include "port/ports.h"

namespace cb::driver {

struct Ports {
  port::Cloud& cloud;
  port::Prober& prober;
  port::Replies& replies;
  port::Store& store;
  port::LogSink& log;
};

class Driver : public port::EventSink {
 public:
  Driver(core::Broker& broker, Ports ports);

  // Queues `event`; nothing happens before run(). Safe to call from inside a port.
  void post(core::Event event) override;

  // Steps every event queued when it is called, saves all their changes in one commit, then acts.
  // Events that ports post meanwhile wait for the next run(): call again while has_work(). A launch
  // that a later event of the batch settles is not made: its intent is saved no more. When the
  // commit fails, launches of the batch are dropped, the rest is done (known workers are
  // served, terminations made) and SaveFailed comes before any other event. What could not be
  // saved is saved with the next change; SaveWorks tells of it.
  void run(Now now);
  bool has_work() const { return !queue_.empty(); }

  // When run() is next due (with TimePassed queued by run() itself when the time has come).
  std::optional<Instant> next_deadline() const { return broker_.next_deadline(); }

 private:
  void step(Now now, const core::Event& event);
  void take_back(const LaunchToken& token);
  bool save(Now now);
  void act();
  void drop_launches();

  core::Broker& broker_;
  Ports ports_;
  std::deque<core::Event> queue_;
  core::Decision batch_;
  Backlog unsaved_;
  std::string save_trouble_;  // why the latest commit failed; empty when it did not
};

}  // namespace cb::driver
