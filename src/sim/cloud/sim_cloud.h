#pragma once
// EC2 as the broker meets it: every call takes time, and its answer may be late, wrong, doubled or
// lost, before or after its effect.

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "port/ports.h"
#include "sim/cloud/ec2.h"
#include "sim/faults/crasher.h"
#include "sim/world/mailbox.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

core::CloudFailure not_sent();
core::CloudFailure may_not(const char* what);  // a right that lacks

class SimCloud : public port::Cloud {
 public:
  // The implementation's own limit on every call.
  static constexpr Duration kCallLimit = seconds{30};
  static constexpr std::string_view kOurAccount = "111111111111";
  // The latest that a request which was given up still takes effect.
  static constexpr Duration kLatestEffect = kCallLimit + seconds{60};

  SimCloud(Ground& ground, Ec2& ec2, Mailbox& mailbox, Crasher& crasher, const SimStore& store);

  void identify(const core::Identify& what) override;
  void launch(const core::LaunchInstance& what) override;
  void list(const core::ListInstances& what) override;
  void terminate(const core::TerminateInstances& what) override;
  void tag(const core::TagInstances& what) override;

  // Until then something is left out of listings.
  void leave_tags_until(Moment when) { ec2_.leave_tags_until(when); }
  Moment hidden_until() const { return std::max(hidden_until_, ec2_.tags_edited_until()); }

  // A process begins; its credentials belong to another account, or to ours.
  void begin_with(bool other_account);
  // They are ours again, and the process goes on.
  void mend_account();
  // With nothing in the journal the broker rightly takes whatever account it is given.
  bool would_notice_another_account() const;

 private:
  using Failure = std::optional<core::CloudFailure>;
  Failure trouble();
  // What the real port does: a call is made with keys of which it was asked whose they are.
  void look_at_keys();
  void use_keys(bool others);
  void end_of_swap();
  bool may_sign();
  void renew_keys();
  Duration travel() { return prng_.between(milliseconds{20}, milliseconds{250}); }
  Duration thinking() { return prng_.between(milliseconds{50}, milliseconds{900}); }

  core::LaunchResult reach_launch(const core::LaunchInstance& what, const LaunchForm& form);
  void answer_launch(const core::LaunchInstance& what, core::LaunchResult result);
  core::Listing others_listing() const;
  // Whatever is sent there does not arrive.
  bool cut_off(const std::string& region) {
    return ground_.holds(Fault::kUnreachable) ||
           (region == ground_.options.dead_region && ground_.holds(Fault::kRegionDown));
  }
  // What is in one region is not known in another.
  const Instance* find(const InstanceId& id, const std::string& region) {
    const Instance* const instance = ec2_.find(id);
    return instance != nullptr && instance->region == region ? instance : nullptr;
  }
  core::ListResult reach_list(const core::ListInstances& asked, bool others);
  core::TerminateResult reach_terminate(const core::TerminateInstances& what, bool others);
  void wasted(const std::vector<InstanceId>& ids);
  void end_one(const InstanceId& id, core::TerminateAccepted& accepted);
  Failure refusal_of(const InstanceId& id);
  core::Tagged reach_tag(const core::TagInstances& what, bool others);
  void omit_one();
  void omit(const Instance& instance, Duration time, Fault why);

  Ground& ground_;
  Ec2& ec2_;
  Mailbox& mailbox_;
  Crasher& crasher_;
  const SimStore& store_;
  Prng prng_;
  bool begun_with_other_ = false;
  bool others_ = false;                      // the keys in use are another account's
  std::uint64_t keys_ = 1;                   // a new number whenever they change
  std::optional<std::uint64_t> known_keys_;  // of which the process was told whose they are
  std::uint64_t told_of_keys_ = 0;           // of which it was told to ask
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
