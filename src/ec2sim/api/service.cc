#include "ec2sim/api/service.h"

#include "base/check.h"
#include "base/text.h"
#include "ec2sim/api/parameters.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/api/signature.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/catalogue.h"
#include "ec2sim/control/control.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {
namespace {

bool of_sts(std::string_view action) {
  return action == "GetCallerIdentity";
}

void check_scope(const Caller& caller, std::string_view action) {
  const std::string_view wanted = of_sts(action) ? "sts" : "ec2";
  if (caller.service == wanted) return;
  throw Refusal{"SignatureDoesNotMatch",
                str("Credential should be scoped to correct service: '", wanted, "'.")};
}

Refusal told_to(const FaultRule& fault) {
  return {fault.code,
          fault.message.empty() ? "The simulator was told to answer so." : fault.message};
}

}  // namespace

struct Service::Action {
  std::string_view name;
  Handler handler;
};

const Service::Action Service::kActions[] = {
    {"RunInstances", &Service::run},
    {"DescribeInstances", &Service::list},
    {"TerminateInstances", &Service::terminate},
    {"StopInstances", &Service::stop},
    {"StartInstances", &Service::start},
    {"ModifyInstanceAttribute", &Service::modify},
    {"CreateTags", &Service::create_tags},
    {"CreateLaunchTemplate", &Service::create_template},
    {"DescribeLaunchTemplates", &Service::list_templates},
    {"DescribeLaunchTemplateVersions", &Service::list_template_versions},
    {"DeleteLaunchTemplate", &Service::delete_template},
    {"CreateFleet", &Service::create_fleet},
    {"DescribeImages", &Service::tell<images_answer>},
    {"DescribeKeyPairs", &Service::tell<keys_answer>},
    {"DescribeSecurityGroups", &Service::tell<groups_answer>},
    {"DescribeRegions", &Service::tell<regions_answer>},
    {"DescribeAvailabilityZones", &Service::tell<zones_answer>},
    {"DescribeSubnets", &Service::tell<subnets_answer>},
    {"DescribeInstanceTypes", &Service::tell<types_answer>},
    {"DescribeInstanceTypeOfferings", &Service::tell<offerings_answer>},
    {"DescribeSpotPriceHistory", &Service::tell<spot_prices_answer>},
    {"GetCallerIdentity", &Service::identify},
};

Service::Service(Settings settings, Addresses addresses, ProcessLimits limits)
    : settings_(std::move(settings)), instances_(settings_, std::move(addresses), limits) {}

void Service::clear() {
  instances_.clear();
  templates_.clear();
  fleets_.clear();
  calls_.reset();
}

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
  answer.request_id = new_uuid(prng);
  try {
    call.parameters = parameters_of(request);
    call.action = Query(call.parameters).text("Action");
    const Caller caller = authenticate(request, settings_, now.wall);
    check_scope(caller, call.action);
    call.region = caller.region;
    call.key_id = caller.key_id;
    const auto fault = draw_fault(settings_, call.action, call.region, prng);
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
  for (const Action& action : kActions) {
    if (action.name == call.action) return (this->*action.handler)(call, now, answer);
  }
  CHECK(false);  // check_parameters() knows an action that nobody answers
}

template <auto Answer>
std::string Service::tell(const Call& call, SimNow now, HttpAnswer& answer) {
  refuse_dry_run(Query(call.parameters));
  return Answer({call.parameters, settings_, call.region, answer.request_id, now.wall});
}

std::string Service::identify(const Call& /*call*/, SimNow /*now*/, HttpAnswer& answer) {
  return identity_answer(settings_, answer.request_id);
}

}  // namespace cb::ec2sim
