#pragma once
// Rule 2: an address handed out belonged, at that moment, to a running, ready, not-terminating
// instance of ours. A death that nobody has told the broker of yet is forgiven for as long as its
// probes need to notice; what it asked for itself or was told never is.

#include <map>
#include <string>

#include "sim/checkers/history.h"
#include "sim/ec2.h"

namespace cb::sim {

class TrueAddress : public Watcher {
 public:
  TrueAddress(const Ground& ground, const Ec2& ec2, const History& history)
      : ground_(ground), ec2_(ec2), history_(history) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override { pings_.erase(caller); }
  void cut(CallerId caller) override { pings_.erase(caller); }

 private:
  bool good(const std::string& address) const;
  bool serves(const Instance& instance) const;
  void judge(const std::string& address, const std::string& what, bool handed_out) const;
  void judge_a_death(const Life& life, const std::string& what) const;
  bool somebody_else_answers(const std::string& address) const;

  const Ground& ground_;
  const Ec2& ec2_;
  const History& history_;
  std::map<CallerId, std::string> pings_;
};

}  // namespace cb::sim
