#pragma once
// The broker's process: the production driver and broker over the world's ports. It ends at any
// moment, and another begins from what the journal holds.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "driver/driver.h"
#include "sim/faults/crasher.h"
#include "sim/world/mailbox.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class Process {
 public:
  // `down`: called when it died of a Crashed, after it is gone.
  Process(Ground& ground, Mailbox& mailbox, SimStore& store, driver::Ports ports,
          std::function<void()> down);

  bool runs() const { return broker_ != nullptr; }
  // When the driver is next due; unset: only an event can change anything, or nothing runs.
  std::optional<Moment> due() const;
  // One turn of the loop; the process may die in it.
  void run();

  struct Circumstances {
    bool rebooted = false;
    bool journal_lost = false;
    bool rolled_back = false;
    bool other_account = false;
  };
  void start(const Circumstances& how);
  // Ends it here and now.
  void end();
  const core::Broker& broker() const { return *broker_; }

 private:
  void guarded(const std::function<void()>& step);
  void first_turn(const Circumstances& how);
  Duration misjudged(const driver::Journal& journal) const;
  Duration shift(const driver::SavedClock& saved) const;
  void judge_shift(const driver::Journal& journal, const core::Records& moved) const;

  Ground& ground_;
  Mailbox& mailbox_;
  SimStore& store_;
  driver::Ports ports_;
  std::function<void()> down_;
  Prng prng_;
  std::unique_ptr<core::Broker> broker_;
  std::unique_ptr<driver::Driver> driver_;
  std::uint64_t starts_ = 0;
  Moment not_before_{};  // a driver that is late: events pile up until then
  std::uint64_t turns_at_once_ = 0;
};

}  // namespace cb::sim
