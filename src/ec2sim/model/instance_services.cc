// What the instances' times mean for their worker processes and addresses.

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/model/life_plan.h"

namespace cb::ec2sim {
namespace {

// Strangers are real processes too: the oldest one leaves when there would be more.
constexpr std::ptrdiff_t kStrangersMax = 32;

}  // namespace

void Instances::tend(Instance& instance, SimNow now) {
  tend_service(instance, now.boot);
  if (now.boot >= instance.times.ended) release(instance, now);
  schedule(instance, now.boot);
}

void Instances::tend_service(Instance& instance, Micros now) {
  const Times& times = instance.times;
  if (now >= times.ending || now >= times.dies || now >= times.stopping) {
    return stop_service(instance);
  }
  if (instance.worker == Worker::kNotStarted && now >= std::max(times.running, times.begins) &&
      times.port_open != kNever) {
    instance.worker = Worker::kStarted;
    if (limits_.processes) effects_.push_back({Effect::What::kStart, instance.ordinal});
  }
  if (now >= times.restarts) restart_service(instance.ordinal, now);
  if (instance.worker == Worker::kStarted && now >= times.hangs) freeze_service(instance.ordinal);
  if (limits_.processes) return;
  if (now >= times.port_open) instance.seen.port_open = times.port_open;
  if (now >= times.ready) instance.seen.ready = times.ready;
}

void Instances::schedule(const Instance& instance, Micros now) {
  const Times& times = instance.times;
  Micros next = kNever;
  for (const Micros moment :
       {times.running, times.begins, times.port_open, times.ready, times.dies, times.hangs,
        times.restarts, times.stopped, times.ending, times.ended}) {
    if (moment > now) next = std::min(next, moment);
  }
  if (next != kNever) timers_.emplace(next, instance.ordinal);
}

void Instances::stop_service(Instance& instance) {
  const bool runs = instance.worker == Worker::kStarted || instance.worker == Worker::kFrozen;
  instance.worker = Worker::kGone;
  if (runs && limits_.processes) effects_.push_back({Effect::What::kStop, instance.ordinal});
}

void Instances::release(Instance& instance, SimNow now) {
  if (std::exchange(instance.released, true)) return;
  addresses_.give_back(instance.address);
  if (settings_.strangers && !instance.stranger) settle_stranger(instance.address, now);
}

void Instances::reboot(std::uint64_t ordinal, SimNow now) {
  Instance& instance = own(ordinal);
  stop_service(instance);
  Prng prng(settings_.seed ^ ordinal);
  // The former process has to be gone before the next one can listen.
  boot_anew(instance, later(now.boot, std::chrono::milliseconds{200}), prng);
  tend(instance, now);
}

void Instances::boot_anew(Instance& instance, Micros from, Prng& prng) {
  Times& times = instance.times;
  times.begins = from;
  times.port_open = later(from, drawn(settings_.boot, prng));
  times.ready = later(times.port_open, drawn(settings_.service, prng));
  times.dies = times.hangs = kNever;
  instance.worker = Worker::kNotStarted;
  instance.seen.port_open.reset();
  instance.seen.ready.reset();
}

void Instances::tag(std::uint64_t ordinal, const std::string& key, const std::string& value) {
  own(ordinal).order.tags[key] = value;
}

void Instances::untag(std::uint64_t ordinal, const std::string& key) {
  own(ordinal).order.tags.erase(key);
}

void Instances::kill_service(std::uint64_t ordinal) {
  stop_service(own(ordinal));
}

void Instances::freeze_service(std::uint64_t ordinal) {
  Instance& instance = own(ordinal);
  if (instance.worker != Worker::kStarted) return;
  instance.worker = Worker::kFrozen;
  if (limits_.processes) effects_.push_back({Effect::What::kFreeze, ordinal});
}

void Instances::thaw_service(std::uint64_t ordinal) {
  Instance& instance = own(ordinal);
  if (instance.worker != Worker::kFrozen) return;
  instance.worker = Worker::kStarted;
  instance.times.hangs = kNever;
  if (limits_.processes) effects_.push_back({Effect::What::kThaw, ordinal});
}

void Instances::restart_service(std::uint64_t ordinal, Micros now) {
  Instance& instance = own(ordinal);
  instance.times.restarts = kNever;
  if (now < instance.times.running || instance.times.port_open == kNever) return;
  stop_service(instance);
  Prng prng(seed_of(instance.id, settings_.seed + static_cast<std::uint64_t>(now.count())));
  plan_service(instance.times, later(now, drawn(settings_.restart_pause, prng)), settings_, prng);
  instance.seen.port_open.reset();
  instance.seen.ready.reset();
  instance.worker = Worker::kStarted;
  if (limits_.processes) effects_.push_back({Effect::What::kStart, ordinal});
  schedule(instance, now);
}

void Instances::keep_busy(std::uint64_t ordinal, Micros until) {
  if (own(ordinal).worker == Worker::kStarted && limits_.processes) {
    effects_.push_back({Effect::What::kBusy, ordinal, until});
  }
}

void Instances::service_ended(std::uint64_t ordinal) {
  if (at(ordinal)) own(ordinal).worker = Worker::kGone;
}

Seen* Instances::seen(std::uint64_t ordinal) {
  return at(ordinal) ? &own(ordinal).seen : nullptr;
}

void Instances::settle_stranger(const std::string& address, SimNow now) {
  const auto is_stranger = [&](const Instance& one) { return one.stranger && one.alive(now.boot); };
  if (std::ranges::count_if(all_, is_stranger) >= kStrangersMax) {
    end(std::ranges::find_if(all_, is_stranger)->ordinal, user_initiated(), now);
  }
  addresses_.claim(address);
  Instance& stranger = all_.emplace_back();
  stranger.ordinal = first_ordinal_ + all_.size() - 1;
  stranger.stranger = true;
  stranger.id = "i-stranger" + std::to_string(stranger.ordinal);
  stranger.address = address;
  stranger.accepted_wall = now.wall;
  stranger.times.accepted = stranger.times.visible = stranger.times.running =
      stranger.times.addressed = stranger.times.port_open = stranger.times.ready = now.boot;
  by_id_[stranger.id] = stranger.ordinal;
  tend(stranger, now);
}

}  // namespace cb::ec2sim
