#include "ec2sim/model/life_plan.h"

#include "base/text.h"
#include "ec2sim/model/capacity.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {
namespace {

struct Message {
  std::string_view code;
  std::string_view sentence;
};
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
constexpr Message kMessages[] = {
    {"Server.InsufficientInstanceCapacity",
     "There was insufficient capacity available to satisfy the launch request."},
    {"Server.InternalError", "An internal error caused the instance to terminate during launch."},
    {"Server.SpotInstanceTermination", "A Spot Instance was terminated."},
    {"Server.SpotInstanceShutdown",
     "The instance was stopped because the Spot price rose or there was no capacity."},
    {"Client.VolumeLimitExceeded",
     "The limit on the number of EBS volumes or total storage was exceeded."},
    {"Client.InternalError",
     "A client error caused the instance to terminate during launch: check the volume's key."},
    {"Client.InvalidSnapshot.NotFound", "The specified snapshot was not found."},
    {"Client.InstanceInitiatedShutdown", "The instance was shut down from within the instance."},
};

void stay_pending(Times& times) {
  times.running = times.addressed = times.port_open = times.ready = kNever;
}

void apply_fate(Instance& instance, const FateRule& rule, Micros shutting_down, Prng& prng) {
  using enum FateRule::What;
  Times& times = instance.times;
  const Micros after = drawn(rule.after, prng);
  const Micros lasts = drawn(rule.lasts, prng);
  const Micros notice = drawn(rule.notice, prng);
  switch (rule.what) {
    case kEndsByItself:
      tell(instance, by_service(rule.code));
      return plan_end(instance, later(times.accepted, after), shutting_down);
    case kRefused:  // before there was an instance
      return;
    case kStaysPending:
      return stay_pending(times);
    case kNeverOpens:
      times.port_open = times.ready = kNever;
      return;
    case kNeverReady:
      times.ready = kNever;
      return;
    case kDies:
      times.dies = later(times.ready, after);
      return;
    case kHangs:
      times.hangs = later(times.ready, after);
      return;
    case kRestarts:
      times.restarts = later(times.ready, after);
      return;
    case kNoAddress:
      times.addressed = later(times.running, lasts);
      return;
    case kHidden:
      times.visible = later(times.accepted, lasts);
      return;
    case kInterrupted:
      if (!instance.order.spot) return;
      times.notice = later(times.running, after);
      tell(instance, by_service("Server.SpotInstanceTermination"));
      return plan_end(instance, later(times.notice, notice), shutting_down);
  }
}

}  // namespace

void plan_life(Instance& instance, Micros accepted, Settings& settings, Prng& prng) {
  Times& times = instance.times;
  times.accepted = accepted;
  times.running = later(accepted, drawn(settings.pending, prng));
  times.port_open = later(times.running, drawn(settings.boot, prng));
  times.ready = later(times.port_open, drawn(settings.service, prng));
  times.addressed = later(times.running, drawn(settings.address_delay, prng));
  times.visible = later(accepted, drawn(settings.visible_delay, prng));
  const Micros shutting_down = drawn(settings.shutting_down, prng);
  for (FateRule& rule : settings.fates) {
    const bool later_on = rule.what != FateRule::What::kRefused;
    if (later_on && concerns(rule, instance.order, instance.zone) && falls(rule.chance, prng)) {
      apply_fate(instance, rule, shutting_down, prng);
    }
  }
  // Last, so that the draws of all else do not depend on it.
  const Micros early = later(times.port_open, drawn(settings.early_answers, prng));
  times.early_until = std::min(early, times.ready);
}

void plan_service(Times& times, Micros opens, const Settings& settings, Prng& prng) {
  times.port_open = opens;
  times.ready = later(opens, drawn(settings.service, prng));
  times.early_until = std::min(later(opens, drawn(settings.early_answers, prng)), times.ready);
}

void plan_end(Instance& instance, Micros when, Micros shutting_down) {
  instance.times.ending = when;
  const bool at_once = when < instance.times.running || when >= instance.times.stopped;
  instance.times.ended = at_once ? when : later(when, shutting_down);
}

EndReason user_initiated() {
  return {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown",
          "User initiated"};
}

EndReason by_service(std::string_view code) {
  for (const auto& [known, sentence] : kMessages) {
    if (known == code) return {str(code), str(code, ": ", sentence), str(code)};
  }
  return {str(code), str(code), str(code)};
}

void tell(Instance& instance, const EndReason& reason) {
  instance.reason_code = reason.code;
  instance.reason_message = reason.message;
  instance.end_text = reason.text;
}

}  // namespace cb::ec2sim
