#pragma once
// What a probe finds at an address: whoever has it at that moment. And what becomes of a question
// that is open there: answered when the service has booted and done what it computes, closed with
// the service, or lost with the flow.

#include <map>
#include <memory>
#include <vector>

#include "port/ports.h"
#include "sim/cloud/ec2.h"
#include "sim/world/mailbox.h"

namespace cb::sim {

class SimProber : public port::Prober, public Watcher {
 public:
  SimProber(Ground& ground, const Ec2& ec2, Mailbox& mailbox);
  void probe(const core::ProbeWorker& what) override;
  void hang_up(const InstanceId& worker) override;
  void service_ended(const Instance& instance) override;
  void went_down() override;

 private:
  struct Finding {
    core::ProbeOutcome outcome;
    Duration after;
  };
  // One connection, kept from question to question.
  struct Kept {
    core::ProbeWorker what;
    const Instance* holder = nullptr;
    std::uint64_t service = 0;  // of the holder, the how manieth
    bool open = true;           // the question
    bool forgotten = false;     // its flow is, somewhere on the way
    std::size_t missed = 0;     // signs of life, in a row
  };
  using Connection = std::shared_ptr<Kept>;

  Finding find(const core::ProbeWorker& what);
  void ask(const core::ProbeWorker& what);
  void put(const Connection& kept, Duration there);
  void look(const Connection& kept);
  void keep_alive(const Connection& kept);
  bool answers(const Kept& kept) const;
  std::optional<Moment> answers_from(const Kept& kept) const;
  bool flows(const Kept& kept) const;
  void say(const Kept& kept, core::ProbeOutcome outcome, Duration after = {});
  void settle(const Connection& kept, core::ProbeOutcome outcome);
  void one_place(const core::ProbeWorker& what, const Instance& holder);

  Ground& ground_;
  const Ec2& ec2_;
  Mailbox& mailbox_;
  Prng prng_;
  std::map<InstanceId, Connection> kept_;
  std::vector<Connection> abandoned_;  // closed while open: each keeps its place until answered
};

}  // namespace cb::sim
