#pragma once
// Rule 7: foreign instances are never touched, and nothing is done in another's account.

#include "base/text.h"
#include "sim/checkers/history.h"
#include "sim/ec2.h"

namespace cb::sim {

class Foreign : public Watcher {
 public:
  Foreign(const Ground& ground, Ec2& ec2) : ground_(ground), ec2_(ec2) {}

  void started(const BrokerStart& start) override { other_account_ = start.other_account; }
  void launch_called(const LaunchCall& call) override {
    if (!other_account_) return;
    throw Violated("7-foreign", str("launch ", call.token.value, " in another's account"));
  }
  void terminate_called(const std::vector<InstanceId>& ids) override {
    if (other_account_) throw Violated("7-foreign", "TerminateInstances in another's account");
    for (const InstanceId& id : ids) {
      const Instance* instance = ec2_.find(id);
      if (instance != nullptr && mine(*instance)) continue;
      throw Violated("7-foreign", str("the end of ", id.value, " was asked for, which is foreign"));
    }
  }

 private:
  bool mine(const Instance& instance) const {
    if (instance.owner == Owner::kOurs) return true;
    return instance.owner == Owner::kNameOnly && ground_.options.settings.adopt_untagged;
  }

  const Ground& ground_;
  Ec2& ec2_;
  bool other_account_ = false;
};

}  // namespace cb::sim
