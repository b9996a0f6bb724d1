#include "ec2sim/model/instances.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {

Instances::Instances(Settings& settings, Addresses addresses, ProcessLimits limits)
    : settings_(settings), addresses_(std::move(addresses)), limits_(limits) {}

void Instances::advance(SimNow now) {
  while (!timers_.empty() && timers_.begin()->first <= now.boot) {
    const std::uint64_t ordinal = timers_.begin()->second;
    timers_.erase(timers_.begin());
    tend(own(ordinal), now);
  }
}

Micros Instances::next_deadline() const {
  return timers_.empty() ? kNever : timers_.begin()->first;
}

std::vector<Effect> Instances::take_effects() {
  return std::exchange(effects_, {});
}

void Instances::end(std::uint64_t ordinal, const EndReason& reason, SimNow now) {
  Instance& instance = own(ordinal);
  if (!instance.alive(now.boot)) return;
  Prng prng = prng_of(~settings_.seed, ordinal);
  tell(instance, reason);
  plan_end(instance, now.boot, drawn(settings_.shutting_down, prng));
  tend(instance, now);
}

void Instances::interrupt(std::uint64_t ordinal, Micros notice, SimNow now) {
  Instance& instance = own(ordinal);
  if (!instance.alive(now.boot)) return;
  Prng prng = prng_of(~settings_.seed, ordinal);
  tell(instance, by_service("Server.SpotInstanceTermination"));
  instance.times.notice = now.boot;
  plan_end(instance, later(now.boot, notice), drawn(settings_.shutting_down, prng));
  tend(instance, now);
}

void Instances::clear() {
  for (Instance& instance : all_) stop_service(instance);
  for (const Instance& instance : all_) {
    if (!instance.released) addresses_.give_back(instance.address);
  }
  first_ordinal_ += all_.size();
  all_.clear();
  by_id_.clear();
  tokens_.clear();
  timers_.clear();
}

const Instance* Instances::find(std::string_view region, std::string_view id, Micros now) const {
  const Instance* instance = find_any(id);
  return instance && shown(*instance, region, now) ? instance : nullptr;
}

const Instance* Instances::find_any(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : at(found->second);
}

const Instance* Instances::at(std::uint64_t ordinal) const {
  const std::uint64_t index = ordinal - first_ordinal_;  // huge for what clear() forgot
  return index < all_.size() ? &all_[index] : nullptr;
}

bool Instances::shown(const Instance& instance, std::string_view region, Micros now) const {
  return !instance.stranger && instance.order.region == region && now >= instance.times.visible &&
         now < later(instance.times.ended, settings_.terminated_listed);
}

Instance& Instances::own(std::uint64_t ordinal) {
  CHECK(ordinal - first_ordinal_ < all_.size());
  return all_[ordinal - first_ordinal_];
}

}  // namespace cb::ec2sim
