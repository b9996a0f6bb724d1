#include "ec2sim/api/service.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "ec2sim/api/answers.h"
#include "ec2sim/api/launch_request.h"
#include "ec2sim/api/listing.h"
#include "ec2sim/api/parameters.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/api/signature.h"
#include "ec2sim/control/control.h"
#include "ec2sim/model/catalogue.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {
namespace {

bool of_sts(std::string_view action) {
  return action == "GetCallerIdentity";
}

// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
std::string request_id(Prng& prng) {
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(prng.next() & 0xff);
  std::string id = hex(bytes);
  for (const std::size_t at : {8u, 13u, 18u, 23u}) id.insert(at, 1, '-');
  return id;
}

void check_scope(const Caller& caller, std::string_view action) {
  const std::string_view wanted = of_sts(action) ? "sts" : "ec2";
  if (caller.service == wanted) return;
  throw Refusal{"SignatureDoesNotMatch",
                str("Credential should be scoped to correct service: '", wanted, "'.")};
}

void refuse_dry_run(const Query& query) {
  if (query.flag("DryRun", false)) {
    throw Refusal{"DryRunOperation", "Request would have succeeded, but DryRun flag is set."};
  }
}

Refusal told_to(const FaultRule& fault) {
  return {fault.code,
          fault.message.empty() ? "The simulator was told to answer so." : fault.message};
}

}  // namespace

Service::Service(Settings settings, Addresses addresses, ProcessLimits limits)
    : settings_(std::move(settings)), instances_(settings_, std::move(addresses), limits) {}

HttpAnswer Service::handle(const HttpRequest& request, SimNow now) {
  now.wall += settings_.clock_offset.value;
  instances_.advance(now);
  const bool control = path_of(request).starts_with("/_sim");
  HttpAnswer answer = control ? answer_control(*this, request, now) : aws(request, now);
  answer.date = http_time(now.wall);
  return answer;
}

void Service::sent(const HttpAnswer& answer, SimNow now) {
  const auto mark = [&](const auto& ordinals, std::optional<Micros> Seen::*moment) {
    for (const std::uint64_t ordinal : ordinals) {
      Seen* seen = instances_.seen(ordinal);
      if (seen && !(seen->*moment)) seen->*moment = now.boot;
    }
  };
  mark(answer.shows, &Seen::first_listed);
  mark(answer.shows_ready, &Seen::first_listed_ready);
}

HttpAnswer Service::aws(const HttpRequest& request, SimNow now) {
  // A sequence of its own for each call, so that one call's chances do not move another's.
  Prng prng(settings_.seed ^ (calls_.next_number() * 0xd1342543de82ef95ULL));
  Call call;
  call.boot = now.boot;
  call.wall = now.wall;
  HttpAnswer answer;
  answer.content_type = "text/xml;charset=UTF-8";
  answer.request_id = request_id(prng);
  try {
    call.parameters = parameters_of(request);
    call.action = Query(call.parameters).text("Action");
    const Caller caller = authenticate(request, settings_, now.wall);
    check_scope(caller, call.action);
    call.region = caller.region;
    call.key_id = caller.key_id;
    const auto fault = draw_fault(settings_, call.action, prng);
    answer.body = fault ? act_under(*fault, call, now, answer, prng) : act(call, now, answer);
  } catch (const Refusal& refusal) {
    call.code = refusal.code;
    answer.status = http_status(refusal.code);
    answer.body = error_answer(refusal, of_sts(call.action), answer.request_id);
  }
  calls_.add(std::move(call));
  return answer;
}

std::string Service::act_under(const FaultRule& fault, Call& call, SimNow now, HttpAnswer& answer,
                               Prng& prng) {
  using enum FaultRule::What;
  switch (fault.what) {
    case kError:
      call.fault = "error";
      throw told_to(fault);
    case kLoseBefore:
      call.fault = "lose_before";
      answer.delivery = Delivery::kClose;
      return {};
    case kLoseAfter:
      call.fault = "lose_after";
      answer.delivery = Delivery::kClose;
      break;
    case kTruncate:
      call.fault = "truncate";
      answer.delivery = Delivery::kHalf;
      break;
    case kSlow:
      call.fault = "slow";
      answer.delay = drawn(fault.delay, prng);
      break;
  }
  return act(call, now, answer);
}

std::string Service::act(const Call& call, SimNow now, HttpAnswer& answer) {
  if (!throttle_.admit(settings_, call.action, now.boot)) {
    throw Refusal{"RequestLimitExceeded", "Request limit exceeded."};
  }
  check_parameters(call.action, call.parameters);
  const std::string& id = answer.request_id;
  if (call.action == "RunInstances") return run(call, now, answer);
  if (call.action == "DescribeInstances") return list(call, now, answer);
  if (call.action == "TerminateInstances") return terminate(call, now, answer);
  if (call.action == "CreateTags") return create_tags(call, now, answer);
  if (call.action == "GetCallerIdentity") return identity_answer(settings_, id);
  refuse_dry_run(Query(call.parameters));
  if (call.action == "DescribeImages") return images_answer(call.parameters, settings_, id);
  if (call.action == "DescribeKeyPairs") return keys_answer(call.parameters, settings_, id);
  if (call.action == "DescribeSecurityGroups") {
    return groups_answer(call.parameters, settings_, call.region, id);
  }
  if (call.action == "DescribeRegions") {
    return regions_answer(call.parameters, settings_, call.region, id);
  }
  CHECK(false);  // check_parameters() knows an action that nobody answers
}

std::string Service::run(const Call& call, SimNow now, HttpAnswer& answer) {
  const LaunchOrder order = read_launch(call.parameters, settings_, call.region);
  refuse_dry_run(Query(call.parameters));
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
  const auto instances = named_instances(query, instances_, call.region, now.boot, "ResourceId");
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

std::string Service::terminate(const Call& call, SimNow now, HttpAnswer& answer) {
  const Query query(call.parameters);
  query.required("InstanceId.1");
  const auto instances = named_instances(query, instances_, call.region, now.boot);
  check_rights(instances, call.action);
  refuse_dry_run(query);
  for (const Instance* instance : instances) {
    if (!instance->is_protected || !instance->alive(now.boot)) continue;
    throw Refusal{"OperationNotPermitted",
                  str("The instance '", instance->id, "' may not be terminated. Modify its ",
                      "'disableApiTermination' instance attribute and try again.")};
  }
  std::vector<Ended> ended;
  for (const Instance* instance : instances) {
    const State before = state_at(*instance, now.boot);
    instances_.end(instance->ordinal, user_initiated(), now);
    const State after = std::max(before, State::kShuttingDown);
    ended.push_back({instance->id, before, after});
  }
  return terminate_answer(ended, answer.request_id);
}

}  // namespace cb::ec2sim
