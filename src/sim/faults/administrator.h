#pragma once
// Somebody edits the broker's configuration file while it runs, or while it is down, and tells the
// process that runs to read it.

#include "sim/world/mailbox.h"

namespace cb::sim {

class Administrator {
 public:
  Administrator(Ground& ground, Mailbox& mailbox);

  // All the edits of the first phase.
  void plan();
  // Nothing is kept warm any more.
  void heal();

 private:
  void edit();
  void change(core::PoolSettings& pool);
  void change_windows();

  Ground& ground_;
  Mailbox& mailbox_;
  Prng prng_;
  Prng windows_;  // of its own: whether there are any leaves the other edits as they were
};

}  // namespace cb::sim
