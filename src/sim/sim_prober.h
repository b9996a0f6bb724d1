#pragma once
// What a probe finds at an address: whoever has it at that moment.

#include "port/ports.h"
#include "sim/ec2.h"
#include "sim/mailbox.h"

namespace cb::sim {

class SimProber : public port::Prober {
 public:
  SimProber(Ground& ground, const Ec2& ec2, Mailbox& mailbox);
  void probe(const core::ProbeWorker& what) override;

 private:
  struct Finding {
    core::ProbeOutcome outcome;
    Duration after;
  };
  Finding find(const core::ProbeWorker& what);
  Finding ask_dserv(const core::ProbeWorker& what, const Instance& holder, Duration there);

  Ground& ground_;
  const Ec2& ec2_;
  Mailbox& mailbox_;
  Prng prng_;
};

}  // namespace cb::sim
