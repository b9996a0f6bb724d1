// What the instances' times mean for their worker processes and addresses.

#include <algorithm>

#include "ec2sim/world.h"

namespace cb::ec2sim {
namespace {

// Strangers are real processes too: the oldest one leaves when there would be more.
constexpr std::ptrdiff_t kStrangersMax = 32;

}  // namespace

void World::tend(Instance& instance, SimNow now) {
  tend_service(instance, now.boot);
  if (now.boot >= instance.times.ended && !instance.released) {
    instance.released = true;
    addresses_.give_back(instance.address);
    if (settings_.strangers && !instance.stranger) settle_stranger(instance.address, now);
  }
  schedule(instance, now.boot);
}

void World::tend_service(Instance& instance, Micros now) {
  const Times& times = instance.times;
  if (now >= times.ending || now >= times.dies) return stop_service(instance);
  if (instance.worker == Worker::kNotStarted && now >= times.running && times.port_open != kNever) {
    instance.worker = Worker::kStarted;
    if (limits_.processes) effects_.push_back({Effect::What::kStart, instance.ordinal});
  }
  if (instance.worker == Worker::kStarted && now >= times.hangs) freeze_service(instance.ordinal);
  if (limits_.processes) return;
  if (now >= times.port_open) instance.seen.port_open = times.port_open;
  if (now >= times.ready) instance.seen.ready = times.ready;
}

void World::schedule(const Instance& instance, Micros now) {
  const Times& times = instance.times;
  Micros next = kNever;
  for (const Micros moment : {times.running, times.port_open, times.ready, times.dies, times.hangs,
                              times.ending, times.ended}) {
    if (moment > now) next = std::min(next, moment);
  }
  if (next != kNever) agenda_.emplace(next, instance.ordinal);
}

void World::stop_service(Instance& instance) {
  const bool runs = instance.worker == Worker::kStarted || instance.worker == Worker::kFrozen;
  instance.worker = Worker::kGone;
  if (runs && limits_.processes) effects_.push_back({Effect::What::kStop, instance.ordinal});
}

void World::kill_service(std::uint64_t ordinal) {
  stop_service(own(ordinal));
}

void World::freeze_service(std::uint64_t ordinal) {
  Instance& instance = own(ordinal);
  if (instance.worker != Worker::kStarted) return;
  instance.worker = Worker::kFrozen;
  if (limits_.processes) effects_.push_back({Effect::What::kFreeze, ordinal});
}

void World::thaw_service(std::uint64_t ordinal) {
  Instance& instance = own(ordinal);
  if (instance.worker != Worker::kFrozen) return;
  instance.worker = Worker::kStarted;
  instance.times.hangs = kNever;
  if (limits_.processes) effects_.push_back({Effect::What::kThaw, ordinal});
}

void World::service_ended(std::uint64_t ordinal) {
  if (at(ordinal)) own(ordinal).worker = Worker::kGone;
}

Seen* World::seen(std::uint64_t ordinal) {
  return at(ordinal) ? &own(ordinal).seen : nullptr;
}

void World::settle_stranger(const std::string& address, SimNow now) {
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
