// The calls that are made for many machines at once: TerminateInstances and CreateTags.

#include <utility>

#include "base/text.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {

using core::CloudFailure;
using core::FailureClass;

void SimCloud::terminate(const core::TerminateInstances& what) {
  crasher_.reached(CrashPoint::kBeforeTerminate);
  if (!may_sign()) {
    wasted(what.ids);
    return mailbox_.deliver_after(Duration{0}, core::TerminateAnswered{what.ids, not_sent()});
  }
  for (const InstanceId& id : what.ids) ground_.timeline.note("end     ", id.value);
  ground_.tell([&](Watcher& watcher) { watcher.terminate_called(what.ids); });
  if (cut_off(what.region)) {
    wasted(what.ids);
    mailbox_.deliver_after(
        seconds{3}, core::TerminateAnswered{
                        what.ids, CloudFailure{FailureClass::kUnreachable, "connect", "no route"}});
  } else {
    ground_.after(travel(), [this, what, others = others_] {
      core::TerminateResult result = reach_terminate(what, others);
      Duration delay = thinking();
      if (ground_.strikes(Fault::kTerminateAnswerLost)) {
        result = CloudFailure{FailureClass::kUnknownOutcome, "timeout", "no answer came"};
        delay = prng_.between(seconds{1}, kCallLimit);
      }
      const core::TerminateAnswered answer{what.ids, std::move(result)};
      mailbox_.deliver_after(delay, answer);
      if (ground_.strikes(Fault::kAnswerTwice)) {
        mailbox_.deliver_after(delay + prng_.between(seconds{0}, seconds{40}), answer);
      }
    });
  }
  crasher_.reached(CrashPoint::kAfterTerminate);
}

void SimCloud::wasted(const std::vector<InstanceId>& ids) {
  for (const InstanceId& id : ids) {
    ground_.tell([&](Watcher& watcher) { watcher.terminate_wasted(id); });
  }
}

core::TerminateResult SimCloud::reach_terminate(const core::TerminateInstances& what, bool others) {
  const std::vector<InstanceId>& ids = what.ids;
  if (auto failure = trouble()) {
    wasted(ids);
    return *failure;
  }
  if (!others && ground_.would_strike(Fault::kTerminateNotFound) && prng_.chance(30)) {
    ground_.met(Fault::kTerminateNotFound);
    wasted(ids);
    return CloudFailure{FailureClass::kNotYetVisible, "InvalidInstanceID.NotFound",
                        "one of them does not exist"};
  }
  core::TerminateAccepted accepted;
  for (const InstanceId& id : ids) {
    const bool known = !others && find(id, what.region) != nullptr;
    if (!known || ground_.strikes(Fault::kTerminateNotFound)) {
      wasted({id});
      accepted.not_found.push_back(id);
    } else if (auto no = refusal_of(id)) {
      wasted({id});
      accepted.refused.push_back({id, std::move(*no)});
    } else {
      end_one(id, accepted);
    }
  }
  return accepted;
}

// What concerns this one alone: the port has left it out, and asked for the others again.
SimCloud::Failure SimCloud::refusal_of(const InstanceId& id) {
  const Instance& instance = *ec2_.find(id);
  if (!instance.alive()) return {};
  if (ground_.holds(Fault::kEndsDenied)) return may_not("ec2:TerminateInstances");
  const bool guarded = instance.endable_from && ground_.now() < *instance.endable_from;
  if (!guarded || ground_.schedule.healed()) return {};
  ground_.met(Fault::kProtected);
  return CloudFailure{FailureClass::kUnexpected, "OperationNotPermitted",
                      str("The instance '", id.value, "' may not be terminated.")};
}

void SimCloud::tag(const core::TagInstances& what) {
  core::Tagged failed{what.ids, what.key, {}, not_sent()};
  if (!may_sign()) return mailbox_.deliver_after(Duration{0}, failed);
  for (const InstanceId& id : what.ids) ground_.timeline.fold("tag", id.value, what.key);
  ground_.tell([&](Watcher& watcher) { watcher.tag_called(what); });
  if (cut_off(what.region)) return mailbox_.deliver_after(seconds{3}, failed);
  ground_.after(travel(), [this, what, others = others_] {
    core::Tagged answer = reach_tag(what, others);
    mailbox_.deliver_after(thinking(), answer);
  });
}

core::Tagged SimCloud::reach_tag(const core::TagInstances& what, bool others) {
  core::Tagged answer{what.ids, what.key, {}, trouble()};
  if (!answer.failure && ground_.holds(Fault::kTagsDenied)) {
    answer.failure = may_not("ec2:CreateTags");
  }
  if (answer.failure) return answer;
  for (const InstanceId& id : what.ids) {
    if (others || find(id, what.region) == nullptr) {
      answer.refused.push_back(
          {id, {FailureClass::kNotYetVisible, "InvalidInstanceID.NotFound", "does not exist"}});
    } else {
      ec2_.put_tag(id, what.key, what.value);
    }
  }
  return answer;
}

void SimCloud::end_one(const InstanceId& id, core::TerminateAccepted& accepted) {
  const auto end = [this, id] { ec2_.end(id, kUserInitiated, "asked for by its user"); };
  accepted.instances.push_back({id, ec2_.find(id)->state()});
  if (!ec2_.find(id)->alive()) return;
  if (ground_.strikes(Fault::kTerminateLost)) {
    wasted({id});  // accepted, and forgotten
  } else if (ground_.strikes(Fault::kTerminateLate)) {
    wasted({id});
    ground_.after(prng_.between(seconds{2}, seconds{90}), end);
  } else {
    end();
    accepted.instances.back().state = ec2_.find(id)->state();
  }
}

}  // namespace cb::sim
