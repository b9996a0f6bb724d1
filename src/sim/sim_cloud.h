#pragma once
// EC2 as the broker meets it: every call takes time, and its answer may be late, wrong, doubled or
// lost, before or after its effect.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "port/ports.h"
#include "sim/crasher.h"
#include "sim/ec2.h"
#include "sim/mailbox.h"

namespace cb::sim {

class SimCloud : public port::Cloud {
 public:
  // The implementation's own limit on every call.
  static constexpr Duration kCallLimit = seconds{30};
  // The latest that a request which was given up still takes effect.
  static constexpr Duration kLatestEffect = kCallLimit + seconds{60};

  SimCloud(Ground& ground, Ec2& ec2, Mailbox& mailbox, Crasher& crasher);

  void identify() override;
  void launch(const core::LaunchInstance& what) override;
  void list(const core::ListInstances& what) override;
  void terminate(const core::TerminateInstances& what) override;

  // Until then something is left out of listings.
  Moment hidden_until() const { return hidden_until_; }

  // The credentials of the next process belong to another account, or to ours again.
  void use_other_account(bool other) { other_account_ = other; }

 private:
  using Failure = std::optional<core::CloudFailure>;
  Failure trouble();
  Duration travel() { return prng_.between(milliseconds{20}, milliseconds{250}); }
  Duration thinking() { return prng_.between(milliseconds{50}, milliseconds{900}); }

  core::LaunchResult reach_launch(const core::LaunchInstance& what);
  void answer_launch(const LaunchToken& token, core::LaunchResult result);
  core::ListResult reach_list(const core::ListQuery& what);
  core::TerminateResult reach_terminate(const std::vector<InstanceId>& ids);
  void wasted(const std::vector<InstanceId>& ids);
  void end_one(const InstanceId& id, core::TerminateAccepted& accepted);
  void omit_one();
  void omit(const Instance& instance, Duration time, Fault why);

  Ground& ground_;
  Ec2& ec2_;
  Mailbox& mailbox_;
  Crasher& crasher_;
  Prng prng_;
  bool other_account_ = false;
  std::set<LaunchToken> asked_before_;
  std::set<LaunchToken> refused_;  // for good: a request that was left behind is not done after all
  struct Omission {
    Moment until;
    Fault why;
  };
  std::map<InstanceId, Omission> omitted_;  // from listings by tag
  Moment hidden_until_{};
};

}  // namespace cb::sim
