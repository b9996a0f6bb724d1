// How instances come to be: where there is room, within the quotas, unless a rule refuses them.

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/model/prices.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {

std::vector<const Instance*> Instances::launch(const LaunchOrder& order, SimNow now) {
  const TokenKey key{order.region, order.zone, order.client_token};
  if (const auto use = tokens_.find(key); use != tokens_.end()) {
    return repeated(use->second, order, now.boot);
  }
  std::vector<const Instance*> launched = launch(place(order, {}, now), now);
  if (order.client_token.empty()) return launched;
  TokenUse& use = tokens_[key];
  use.digest = order.digest;
  for (const Instance* instance : launched) use.ordinals.push_back(instance->ordinal);
  return launched;
}

std::vector<const Instance*> Instances::launch(const Placement& placement, SimNow now) {
  std::vector<const Instance*> launched;
  std::string reservation;
  for (std::int64_t i = 0; i < placement.count; ++i) {
    Instance& instance = create(placement.order, placement.zone, now);
    if (i == 0) reservation = instance.reservation;
    instance.reservation = reservation;
    instance.launch_index = static_cast<int>(i);
    tend(instance, now);
    launched.push_back(&instance);
  }
  return launched;
}

Placement Instances::place(const LaunchOrder& order, const std::vector<Placement>& placed,
                           SimNow now) {
  const Taken taken{all_, placed};
  Prng prng = prng_of(settings_.seed, ~(first_ordinal_ + all_.size() + placed.size()));
  const auto [zone, places] = choose_zone(order, taken, now.boot, prng);
  check_price(order, zone, now);
  const std::int64_t count = std::min(places, count_within_limits(order, taken, now.boot));
  refuse_if_told(order, zone, prng);
  return {order, zone, count};
}

std::vector<const Instance*> Instances::repeated(const TokenUse& use, const LaunchOrder& order,
                                                 Micros now) const {
  if (use.digest != order.digest) token_mismatch();
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

std::int64_t Instances::count_within_limits(const LaunchOrder& order, const Taken& taken,
                                            Micros now) const {
  const std::int64_t vcpus = vcpus_left(settings_, taken, order, now);
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
  std::int64_t placed = 0;
  for (const Placement& one : taken.placed) placed += one.count;
  const std::int64_t by_addresses = addresses_.free() - placed;
  if (by_addresses < order.min_count) {
    throw Refusal{"InsufficientFreeAddressesInSubnet",
                  "The simulator's addresses are all in use; terminate some instances."};
  }
  const auto running =
      std::ranges::count_if(all_, [&](const auto& one) { return one.has_machine(now); });
  const std::int64_t by_processes =
      limits_.processes ? limits_.processes_max - running - placed : INT64_MAX;
  if (by_processes < order.min_count) {
    throw Refusal{"InstanceLimitExceeded",
                  str("The simulator runs at most ", limits_.processes_max,
                      " worker processes at a time; raise --max-processes, or use "
                      "--no-worker-processes.")};
  }
  return std::min({order.max_count, by_quota, by_addresses, by_processes});
}

std::pair<std::string, std::int64_t> Instances::choose_zone(const LaunchOrder& order,
                                                            const Taken& taken, Micros now,
                                                            Prng& prng) const {
  const auto zones =
      order.zone.empty() ? zones_of(settings_, order.region) : std::vector<std::string>{order.zone};
  const std::size_t offset = prng.below(zones.size());
  std::pair<std::string, std::int64_t> best{"", 0};
  for (std::size_t i = 0; i < zones.size(); ++i) {
    const std::string& zone = zones[(i + offset) % zones.size()];
    const std::int64_t places = places_left(settings_, taken, order, zone, now);
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

void Instances::check_price(const LaunchOrder& order, const std::string& zone, SimNow now) const {
  if (!order.spot || order.max_price == Money{}) return;
  if (order.max_price >= spot_price(settings_, order.type, zone, now.wall)) return;
  throw Refusal{"SpotMaxPriceTooLow",
                str("Your Spot request price of ", to_string(order.max_price),
                    " is lower than the minimum required Spot request fulfillment price.")};
}

void Instances::refuse_if_told(const LaunchOrder& order, const std::string& zone, Prng& prng) {
  for (FateRule& rule : settings_.fates) {
    if (rule.what != FateRule::What::kRefused || !concerns(rule, order, zone)) continue;
    if (falls(rule.chance, prng)) {
      throw Refusal{rule.code, "The simulator was told to refuse this launch."};
    }
  }
}

Instance& Instances::create(const LaunchOrder& order, const std::string& zone, SimNow now) {
  Instance& instance = all_.emplace_back();
  instance.ordinal = first_ordinal_ + all_.size() - 1;
  Prng prng = prng_of(settings_.seed, instance.ordinal);
  instance.id = new_id("i-", prng);
  instance.reservation = new_id("r-", prng);
  if (order.spot) instance.spot_request = new_id("sir-", prng).substr(0, 12);
  instance.order = order;
  instance.zone = zone;
  instance.subnet = order.subnet.empty() ? subnet_of(zone) : order.subnet;
  instance.address = addresses_.take(settings_.reuse_addresses).value();
  instance.accepted_wall = instance.launched_wall = now.wall;
  instance.is_protected = order.is_protected;
  instance.hourly = order.spot ? spot_price(settings_, order.type, zone, now.wall)
                               : on_demand_price(settings_, order.type);
  plan_life(instance, now.boot, settings_, prng);
  by_id_[instance.id] = instance.ordinal;
  return instance;
}

}  // namespace cb::ec2sim
