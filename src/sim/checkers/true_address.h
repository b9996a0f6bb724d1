#pragma once
// Rule 2: an address handed out belonged, at that moment, to a running, ready, not-terminating
// instance of ours. A death that nobody has told the broker of yet is forgiven for as long as its
// probes need to notice or, where no probe can, a listing; what it asked for itself or was told
// never is.

#include <map>
#include <string>

#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class TrueAddress : public Watcher {
 public:
  TrueAddress(const Ground& ground, const Ec2& ec2, const History& history, const SimStore& store)
      : ground_(ground), ec2_(ec2), history_(history), store_(store) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void ended(const Instance& instance) override;
  void told(const core::Event& event) override;
  void hears_again() override;
  void started(const BrokerStart& start) override;
  void hidden(const Instance& instance, Moment until) override;
  void credentials(bool others) override;
  void hung_up(CallerId caller) override { pings_.erase(caller); }
  void cut(CallerId caller) override { pings_.erase(caller); }

 private:
  void known_to_serve(const std::string& address, const std::string& what) const;
  const Life* named(const std::string& address) const;
  bool good(const std::string& address) const;
  void as_configured(const std::string& address) const;
  bool serves(const Instance& instance) const;
  void judge(const std::string& address, const std::string& what, bool handed_out) const;
  void judge_a_death(const Life& life, const std::string& what) const;
  bool unnoticed_restart(const Life& life) const;
  bool somebody_else_answers(const std::string& address, const Instance& but) const;
  void judge_the_word(const Life& life, const std::string& what) const;
  // EC2 can tell from then on only.
  void word_later(Moment from);
  void unsure();

  const Ground& ground_;
  const Ec2& ec2_;
  const History& history_;
  const SimStore& store_;
  std::map<CallerId, std::string> pings_;
  struct Word {
    Moment ended, due;
  };
  std::map<InstanceId, Word> word_due_;  // by then EC2 has told the broker that it has ended
  bool other_account_ = false;
  Moment started_{};
  bool listing_failed_ = false;  // or came, since the start
};

}  // namespace cb::sim
