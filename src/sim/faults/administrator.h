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

 private:
  void edit();
  void change(core::PoolSettings& pool);

  Ground& ground_;
  Mailbox& mailbox_;
  Prng prng_;
};

}  // namespace cb::sim
