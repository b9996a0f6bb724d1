#include "ec2sim/model/instances.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/capacity.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

// Each instance draws from a sequence of its own, so that its life does not depend on how calls
// and instances happened to be interleaved.
Prng prng_of(std::uint64_t seed, std::uint64_t ordinal) {
  Prng mixed(seed);
  return Prng(mixed.next() ^ (ordinal * 0x9e3779b97f4a7c15ULL));
}

std::string new_id(std::string_view prefix, Prng& prng) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(prng.next() & 0xff);
  return str(prefix, '0', hex(bytes));
}

}  // namespace

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

std::vector<const Instance*> Instances::launch(const LaunchOrder& order, SimNow now) {
  const TokenKey key{order.region, order.zone, order.client_token};
  if (const auto use = tokens_.find(key); use != tokens_.end()) {
    return repeated(use->second, order, now.boot);
  }
  const auto [zone, places] = choose_zone(order, now.boot);
  const std::int64_t count = std::min(places, count_within_limits(order, now.boot));
  std::vector<const Instance*> launched;
  std::vector<std::uint64_t> ordinals;
  std::string reservation;
  for (std::int64_t i = 0; i < count; ++i) {
    Instance& instance = create(order, zone, now);
    if (i == 0) reservation = instance.reservation;
    instance.reservation = reservation;
    instance.launch_index = static_cast<int>(i);
    tend(instance, now);
    launched.push_back(&instance);
    ordinals.push_back(instance.ordinal);
  }
  if (!order.client_token.empty()) tokens_[key] = {order.digest, ordinals};
  return launched;
}

std::vector<const Instance*> Instances::repeated(const TokenUse& use, const LaunchOrder& order,
                                                 Micros now) const {
  if (use.digest != order.digest) {
    throw Refusal{"IdempotentParameterMismatch",
                  "Arguments on this idempotent request are inconsistent with arguments used in "
                  "previous request(s)."};
  }
  std::vector<const Instance*> same;
  for (const std::uint64_t ordinal : use.ordinals) {
    if (const Instance* instance = at(ordinal); instance && instance->alive(now)) {
      same.push_back(instance);
    }
  }
  if (same.empty()) {
    throw Refusal{"IdempotentInstanceTerminated",
                  "The request to launch an instance uses the same client token as a previous "
                  "request for which the instance has been terminated."};
  }
  return same;
}

std::int64_t Instances::count_within_limits(const LaunchOrder& order, Micros now) const {
  const std::int64_t vcpus = vcpus_left(settings_, all_, order, now);
  const std::int64_t by_quota = vcpus / find_type(order.type)->vcpus;
  if (by_quota < order.min_count && order.spot) {
    throw Refusal{"MaxSpotInstanceCountExceeded", "Max spot instance count exceeded"};
  }
  if (by_quota < order.min_count) {
    throw Refusal{"VcpuLimitExceeded",
                  str("You have requested more vCPU capacity than your current vCPU limit of ",
                      settings_.on_demand_vcpus.value_or(0),
                      " allows for the instance bucket that the specified instance type belongs "
                      "to.")};
  }
  const auto alive = std::ranges::count_if(all_, [&](const auto& one) { return one.alive(now); });
  const std::int64_t by_processes = limits_.processes ? limits_.processes_max - alive : INT64_MAX;
  if (by_processes < order.min_count) {
    throw Refusal{"InstanceLimitExceeded",
                  str("The simulator runs at most ", limits_.processes_max,
                      " worker processes at a time; raise --max-processes, or use "
                      "--no-worker-processes.")};
  }
  return std::min({order.max_count, by_quota, by_processes});
}

std::pair<std::string, std::int64_t> Instances::choose_zone(const LaunchOrder& order,
                                                            Micros now) const {
  const auto zones =
      order.zone.empty() ? zones_of(settings_, order.region) : std::vector<std::string>{order.zone};
  Prng prng = prng_of(settings_.seed, ~(first_ordinal_ + all_.size()));
  const std::size_t offset = prng.below(zones.size());
  std::pair<std::string, std::int64_t> best{"", 0};
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const std::string& zone = zones[(i + offset) % zones.size()];
    const std::int64_t places = places_left(settings_, all_, order, zone, now);
    if (places > best.second) best = {zone, places};
  }
  if (best.second < order.min_count) {
    throw Refusal{"InsufficientInstanceCapacity",
                  order.spot
                      ? "There is no Spot capacity available that matches your request."
                      : str("We currently do not have sufficient ", order.type,
                            " capacity in the Availability Zone you requested (",
                            order.zone.empty() ? order.region : order.zone,
                            "). Our system will be working on provisioning additional capacity.")};
  }
  return best;
}

Instance& Instances::create(const LaunchOrder& order, const std::string& zone, SimNow now) {
  const auto address = addresses_.take(settings_.reuse_addresses);
  if (!address) {
    throw Refusal{"InsufficientFreeAddressesInSubnet",
                  "The simulator's addresses are all in use; terminate some instances."};
  }
  Instance& instance = all_.emplace_back();
  instance.ordinal = first_ordinal_ + all_.size() - 1;
  Prng prng = prng_of(settings_.seed, instance.ordinal);
  instance.id = new_id("i-", prng);
  instance.reservation = new_id("r-", prng);
  if (order.spot) instance.spot_request = new_id("sir-", prng).substr(0, 12);
  instance.order = order;
  instance.zone = zone;
  instance.subnet = order.subnet.empty() ? subnet_of(zone) : order.subnet;
  instance.address = *address;
  instance.accepted_wall = now.wall;
  instance.hourly = price_of(settings_, order.type, order.spot);
  plan_life(instance, now.boot, settings_, prng);
  by_id_[instance.id] = instance.ordinal;
  return instance;
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
