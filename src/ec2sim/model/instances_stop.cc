// How instances are stopped, and started again.

#include <utility>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/model/life_plan.h"

namespace cb::ec2sim {
namespace {

[[noreturn]] void wrong_state(const Instance& instance, std::string_view wanted) {
  throw Refusal{
      "IncorrectInstanceState",
      str("The instance '", instance.id, "' is not in a state from which it can be ", wanted, ".")};
}

}  // namespace

void Instances::stop(const std::vector<std::uint64_t>& ordinals, const EndReason& reason,
                     SimNow now) {
  for (const std::uint64_t ordinal : ordinals) check_stop(own(ordinal), now.boot);
  for (const std::uint64_t ordinal : ordinals) {
    if (state_at(own(ordinal), now.boot) == State::kRunning) stop(own(ordinal), reason, now);
  }
}

void Instances::check_stop(const Instance& instance, Micros now) const {
  if (instance.order.spot) {
    throw Refusal{"UnsupportedOperation",
                  str("You can't stop the Spot Instance '", instance.id,
                      "' because it is associated with a one-time Spot Instance request. You can "
                      "only stop Spot Instances associated with persistent Spot Instance "
                      "requests.")};
  }
  const State state = state_at(instance, now);
  const bool stops = state == State::kStopping || state == State::kStopped;
  if (state != State::kRunning && !stops) wrong_state(instance, "stopped");
}

void Instances::stop(Instance& instance, const EndReason& reason, SimNow now) {
  instance.billed_before = bill_of(instance, now.boot).billed;
  tell(instance, reason);
  instance.times.stopping = now.boot;
  Prng prng(settings_.seed ^ instance.ordinal);
  instance.times.stopped = later(now.boot, drawn(settings_.shutting_down, prng));
  stop_service(instance);
  release(instance, now);
  tend(instance, now);
}

void Instances::start(const std::vector<std::uint64_t>& ordinals, SimNow now) {
  std::vector<Placement> placed;
  std::vector<std::uint64_t> stopped;
  for (const std::uint64_t ordinal : ordinals) {
    const Instance& instance = own(ordinal);
    const State state = state_at(instance, now.boot);
    if (state == State::kPending || state == State::kRunning) continue;
    if (state != State::kStopped) wrong_state(instance, "started");
    LaunchOrder order = instance.order;
    order.zone = instance.zone;
    order.min_count = order.max_count = 1;
    placed.push_back(place(order, placed, now));
    stopped.push_back(ordinal);
  }
  for (const std::uint64_t ordinal : stopped) start(own(ordinal), now);
}

void Instances::start(Instance& instance, SimNow now) {
  // Never the one that it had: whoever is first in line for that is served first.
  instance.address = addresses_.take(false).value();
  instance.released = false;
  instance.launched_wall = now.wall;
  instance.worker = Worker::kNotStarted;
  instance.seen.port_open.reset();
  instance.seen.ready.reset();
  const Times before = std::exchange(instance.times, Times{});
  Prng prng =
      prng_of(settings_.seed + static_cast<std::uint64_t>(now.boot.count()), instance.ordinal);
  plan_life(instance, now.boot, settings_, prng);
  instance.times.accepted = before.accepted;
  instance.times.visible = before.visible;
  tend(instance, now);
}

}  // namespace cb::ec2sim
