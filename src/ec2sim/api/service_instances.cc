// The calls about instances.

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/service.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/attribute_request.h"
#include "ec2sim/calls/launch_request.h"
#include "ec2sim/calls/listing.h"
#include "ec2sim/calls/template_request.h"
#include "ec2sim/calls/token.h"

namespace cb::ec2sim {

std::string Service::run(const Call& call, SimNow now, HttpAnswer& answer) {
  const Query query(call.parameters);
  const LaunchTemplate* used = template_of_run(query, templates_, call.region);
  LaunchOrder order = used ? read_launch_from(*used, call.parameters, settings_, call.region)
                           : read_launch(call.parameters, settings_, call.region);
  order.digest = digest_of(call.parameters);
  refuse_dry_run(query);
  return run_answer(instances_.launch(order, now), settings_, answer.request_id, now.boot);
}

std::string Service::list(const Call& call, SimNow now, HttpAnswer& answer) {
  const Micros when = now.boot - settings_.listing_lag;
  const Page page = list_instances(call.parameters, instances_, settings_, call.region, when);
  refuse_dry_run(Query(call.parameters));
  for (const Instance* instance : page.instances) {
    answer.shows.push_back(instance->ordinal);
    if (state_at(*instance, when) == State::kRunning && addressed_at(*instance, when)) {
      answer.shows_ready.push_back(instance->ordinal);
    }
  }
  return list_answer(page, settings_, answer.request_id, when);
}

// A policy that goes by a tag: one instance without it fails the whole call.
void Service::check_rights(const std::vector<const Instance*>& instances,
                           std::string_view action) const {
  const std::string& rights = settings_.rights_by_tag;
  if (rights.empty()) return;
  const std::size_t sign = std::min(rights.find('='), rights.size());
  for (const Instance* instance : instances) {
    const auto tag = instance->order.tags.find(rights.substr(0, sign));
    const bool has = tag != instance->order.tags.end();
    if (has && (sign == rights.size() || tag->second == rights.substr(sign + 1))) continue;
    throw Refusal{"UnauthorizedOperation",
                  str("You are not authorized to perform this operation: ec2:", action,
                      " is allowed on instances with the tag ", rights, " only.")};
  }
}

std::string Service::create_tags(const Call& call, SimNow now, HttpAnswer& answer) {
  const Query query(call.parameters);
  query.required("ResourceId.1");
  query.required("Tag.1.Key");
  const auto instances =
      named_instances(query.list("ResourceId"), instances_, call.region, now.boot);
  check_rights(instances, call.action);
  refuse_dry_run(query);
  for (const Instance* instance : instances) {
    for (const std::string& prefix : query.prefixes("Tag")) {
      instances_.tag(instance->ordinal, query.required(prefix + "Key"),
                     query.text(prefix + "Value"));
    }
  }
  return done_answer(call.action, answer.request_id);
}

std::vector<const Instance*> Service::instances_to_change(const Call& call, SimNow now) const {
  const Query query(call.parameters);
  query.required("InstanceId.1");
  auto instances = named_instances(query.list("InstanceId"), instances_, call.region, now.boot);
  check_rights(instances, call.action);
  refuse_dry_run(query);
  return instances;
}

std::string Service::terminate(const Call& call, SimNow now, HttpAnswer& answer) {
  const auto instances = instances_to_change(call, now);
  for (const Instance* instance : instances) {
    if (!instance->is_protected || !instance->alive(now.boot)) continue;
    throw Refusal{"OperationNotPermitted",
                  str("The instance '", instance->id, "' may not be terminated. Modify its ",
                      "'disableApiTermination' instance attribute and try again.")};
  }
  std::vector<StateChange> changes;
  for (const Instance* instance : instances) {
    const State before = state_at(*instance, now.boot);
    instances_.end(instance->ordinal, user_initiated(), now);
    const bool over = before == State::kTerminated;
    changes.push_back({instance->id, before, over ? before : State::kShuttingDown});
  }
  return changes_answer(call.action, changes, answer.request_id);
}

std::string Service::stop(const Call& call, SimNow now, HttpAnswer& answer) {
  if (Query(call.parameters).flag("Hibernate", false)) {
    throw Refusal{"UnsupportedHibernationConfiguration",
                  "The simulator's instances are not configured for hibernation."};
  }
  const auto change = [&](const std::vector<std::uint64_t>& ordinals) {
    instances_.stop(ordinals, user_initiated(), now);
  };
  return change_states(call, now, answer, change);
}

std::string Service::start(const Call& call, SimNow now, HttpAnswer& answer) {
  const auto change = [&](const std::vector<std::uint64_t>& ordinals) {
    instances_.start(ordinals, now);
  };
  return change_states(call, now, answer, change);
}

std::string Service::change_states(
    const Call& call, SimNow now, HttpAnswer& answer,
    const std::function<void(const std::vector<std::uint64_t>&)>& change) {
  std::vector<StateChange> changes;
  std::vector<std::uint64_t> ordinals;
  for (const Instance* instance : instances_to_change(call, now)) {
    ordinals.push_back(instance->ordinal);
    changes.push_back({instance->id, state_at(*instance, now.boot), State::kPending});
  }
  change(ordinals);
  for (std::size_t i = 0; i < ordinals.size(); ++i) {
    changes[i].after = state_at(*instances_.at(ordinals[i]), now.boot);
  }
  return changes_answer(call.action, changes, answer.request_id);
}

std::string Service::modify(const Call& call, SimNow now, HttpAnswer& answer) {
  const Query query(call.parameters);
  const AttributeChange change = read_attribute(query);
  const auto instances =
      named_instances({query.required("InstanceId")}, instances_, call.region, now.boot);
  check_rights(instances, call.action);
  const Instance& instance = *instances.front();
  if (change.is_protected == true) check_protection(instance.order.spot);
  refuse_dry_run(query);
  if (change.is_protected) instances_.protect(instance.ordinal, *change.is_protected);
  if (change.terminate_on_shutdown) {
    instances_.terminate_on_shutdown(instance.ordinal, *change.terminate_on_shutdown);
  }
  return done_answer(call.action, answer.request_id);
}

}  // namespace cb::ec2sim
