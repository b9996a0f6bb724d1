#pragma once
// Rule 7: foreign instances are never touched.

#include "base/text.h"
#include "sim/checkers/history.h"
#include "sim/ec2.h"

namespace cb::sim {

class Foreign : public Watcher {
 public:
  Foreign(const Ground& ground, Ec2& ec2) : ground_(ground), ec2_(ec2) {}

  void terminate_called(const std::vector<InstanceId>& ids) override {
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
};

}  // namespace cb::sim
