#pragma once
// Rule 7: foreign instances are never touched, and nothing is done in another's account.

#include "base/text.h"
#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"

namespace cb::sim {

class Foreign : public Watcher {
 public:
  Foreign(const Ground& ground, Ec2& ec2) : ground_(ground), ec2_(ec2) {}

  void credentials(bool others) override { other_account_ = others; }
  void launch_called(const LaunchCall& call) override {
    if (!other_account_) return;
    throw Violated(kRule, str("launch ", call.token.value, " in another's account"));
  }
  void terminate_called(const std::vector<InstanceId>& ids) override {
    if (other_account_) throw Violated(kRule, "TerminateInstances in another's account");
    for (const InstanceId& id : ids) {
      const Instance* instance = ec2_.find(id);
      if (instance != nullptr && mine(*instance)) continue;
      throw Violated(kRule, str("the end of ", id.value, " was asked for, which is foreign"));
    }
  }

 private:
  static constexpr const char* kRule = "7-foreign";
  bool mine(const Instance& instance) const {
    if (instance.owner == Owner::kOurs) return true;
    if (instance.owner == Owner::kRival) {
      return ground_.now() - instance.claimed >= ground_.options.settings.takeover_after;
    }
    return instance.owner == Owner::kNameOnly && ground_.options.settings.adopt_untagged;
  }

  const Ground& ground_;
  Ec2& ec2_;
  bool other_account_ = false;
};

}  // namespace cb::sim
