#include "sim/cloud/ec2.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

using core::CloudFailure;
using core::FailureClass;
using core::InstanceState;
using core::Market;

CloudFailure failure(FailureClass what, std::string code, std::string message) {
  return {what, std::move(code), std::move(message)};
}

}  // namespace

Ec2::Ec2(Ground& ground)
    : ground_(ground),
      prng_(stream(ground.options.seed, "ec2")),
      addresses_(ground.options.addresses, stream(ground.options.seed, "addresses")),
      people_(stream(ground.options.seed, "people")) {
  if (ground.options.foreigners) foreigners();
  people();
}

Instance& Ec2::make(Owner owner, const std::string& region) {
  Instance& instance = instances_.emplace_back();
  instance.id = {str("i-", 100000 + instances_.size())};
  instance.owner = owner;
  instance.region = region;
  instance.zone = str(region, "abcd"[instances_.size() % 4]);
  instance.born = ground_.now();
  instance.history.emplace_back(ground_.now(), InstanceState::kPending);
  by_id_[instance.id] = &instance;
  return instance;
}

void Ec2::foreigners() {
  for (const Owner owner : {Owner::kOtherBroker, Owner::kNameOnly}) {
    Instance& instance = make(owner, ground_.options.settings.region);
    instance.type = "c7i.16xlarge";
    instance.market = Market::kOnDemand;
    instance.image = "ami-1";
    instance.tags[std::string(core::kNameTag)] = core::kNameTagValue;
    if (owner == Owner::kOtherBroker) {
      instance.tags[std::string(core::kBrokerTag)] = "other";
      instance.tags[std::string(core::kPoolTag)] = "default";
    }
    if (const auto pair = addresses_.take(instance)) {
      instance.public_address = pair->public_address;
      instance.private_address = pair->private_address;
    }
    listed_.push_back(&instance);
    run(instance);
  }
}

Instance* Ec2::find(const InstanceId& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Ec2::Refusal Ec2::market_refusal(const LaunchForm& form, const std::string& region) {
  const bool spot = form.market == Market::kSpot;
  // Each region has its own hours.
  const bool home = region == ground_.options.settings.region;
  const auto hour = ground_.now().time_since_epoch() / hours{1} + (home ? 0 : 1);
  if (!home && hour % 4 == 0) return {};
  // A shortage is of spot first; on-demand suffers with it in some hours.
  if ((spot || hour % 3 == 0) && ground_.holds(Fault::kQuota)) {
    return failure(FailureClass::kQuota,
                   spot ? "MaxSpotInstanceCountExceeded" : "VcpuLimitExceeded", "over the quota");
  }
  std::size_t taken = 0;
  for (const Instance* other : listed_) {
    const bool same = other->type == form.type && other->market == form.market;
    taken += other->alive() && same && other->region == region ? 1 : 0;
  }
  // And each zone has its own hours.
  const auto subnet = form.fields.find("SubnetId");
  const bool here = subnet == form.fields.end() || (hour + subnet->second.back()) % 3 != 0;
  if (taken >= ground_.options.capacity ||
      (here && (spot || hour % 2 == 0) && ground_.holds(Fault::kNoCapacity))) {
    return failure(FailureClass::kCapacity, "InsufficientInstanceCapacity", "none is left");
  }
  return {};
}

Ec2::Refusal Ec2::refusal(const LaunchForm& form, const std::string& region) {
  if (ground_.holds(Fault::kBadConfig)) {
    return failure(FailureClass::kBadConfig, "InvalidAMIID.NotFound",
                   str("the image id '", form.image, "' does not exist"));
  }
  return market_refusal(form, region);
}

std::variant<const Instance*, CloudFailure> Ec2::launch(const std::string& body,
                                                        const LaunchForm& form,
                                                        const std::string& region) {
  if (const auto known = by_token_.find(form.token); known != by_token_.end()) {
    const Instance& instance = *known->second;
    if (instance.body != body) {
      return failure(FailureClass::kTokenMismatch, "IdempotentParameterMismatch",
                     "the token was used with other parameters");
    }
    if (!instance.alive()) {
      return failure(FailureClass::kTokenEnded, "IdempotentInstanceTerminated",
                     "the instance of this token has ended");
    }
    return &instance;
  }
  if (auto why = refusal(form, region)) return *why;
  Instance& instance = make(Owner::kOurs, region);
  const auto pair = addresses_.take(instance);
  if (!pair) {
    instance.owner = Owner::kStranger;
    enter(instance, InstanceState::kTerminated);
    return failure(FailureClass::kCapacity, "InsufficientFreeAddressesInSubnet",
                   "the subnet has no free address");
  }
  instance.public_address = pair->public_address;
  instance.private_address = pair->private_address;
  instance.pool = {form.tag(core::kPoolTag)};
  instance.token = form.token;
  instance.body = body;
  instance.type = form.type;
  instance.market = form.market;
  instance.image = form.image;
  instance.tags = form.tags;
  by_token_[form.token] = &instance;
  listed_.push_back(&instance);
  ++ground_.tally.instances;
  ground_.timeline.note("ec2     ", instance.id.value, " born: ", form.type, " ",
                        to_string(form.market), " for token ", form.token.value);
  ground_.tell([&](Watcher& watcher) { watcher.born(instance); });
  live(instance, form.lifetime);
  return &instance;
}

std::optional<core::InstanceView> Ec2::view(const Instance& instance, Moment as_of) const {
  const auto& history = instance.history;
  auto latest = history.rbegin();
  while (latest != history.rend() && latest->first > as_of) ++latest;
  if (latest == history.rend() || instance.owner == Owner::kStranger) return {};
  const InstanceState state = latest->second;
  if (state == InstanceState::kTerminated &&
      ground_.now() - *instance.ended > ground_.options.shown_after_end) {
    return {};
  }
  core::InstanceView view;
  view.id = instance.id;
  view.state = state;
  view.type = instance.type;
  view.market = instance.market;
  view.image = instance.image;
  view.zone = instance.zone;
  view.launched = instance.launch_time();
  view.token = instance.token;
  view.tags.assign(instance.tags.begin(), instance.tags.end());
  if (state == InstanceState::kRunning || state == InstanceState::kPending) {
    view.private_address = instance.private_address;
    if (instance.address_shown && *instance.address_shown <= as_of) {
      view.public_address = instance.public_address;
    }
  } else {
    view.state_reason_code = instance.reason_code;
    view.state_reason = instance.reason;
    // EC2 dates only what its user asked for.
    if (instance.reason_code == kUserInitiated) view.ended = instance.end_time();
  }
  return view;
}

std::vector<core::InstanceView> Ec2::tagged(const core::ListByTag& what, const std::string& region,
                                            Moment as_of) {
  std::erase_if(listed_, [&](const Instance* instance) {
    return instance->ended &&
           ground_.now() - *instance->ended > ground_.options.shown_after_end + minutes{1};
  });
  std::vector<core::InstanceView> out;
  out.reserve(listed_.size());
  const auto carries = [](const Instance& instance, std::string_view key, std::string_view value) {
    const auto tag = instance.tags.find(key);
    return tag != instance.tags.end() && tag->second == value;
  };
  for (const Instance* instance : listed_) {
    if (instance->region != region) continue;
    const bool named = what.named && carries(*instance, core::kNameTag, core::kNameTagValue);
    if (!named && !carries(*instance, core::kBrokerTag, what.broker)) continue;
    if (auto seen = view(*instance, as_of)) out.push_back(std::move(*seen));
  }
  return out;
}

bool Ec2::changed_since(Moment then) const {
  return std::any_of(listed_.begin(), listed_.end(), [&](const Instance* instance) {
    const auto& shown = instance->address_shown;
    return instance->history.back().first > then ||
           (shown && *shown > then && *shown <= ground_.now());
  });
}

Money Ec2::hourly(const Instance& instance, Moment at) const {
  const std::int64_t list_price = instance.type == "m7i.large" ? 100'800 : 2'856'000;
  if (instance.market == Market::kOnDemand) return {list_price};
  Prng prng = stream(ground_.options.seed, instance.type);
  const auto hour = static_cast<std::uint64_t>(at.time_since_epoch() / hours{1});
  Prng of_hour{prng.next() + hour};
  return {list_price * of_hour.between(25, 60) / 100};
}

Money Ec2::cost(const Instance& instance, Moment from, Moment to) const {
  Money sum{};
  while (from < to) {
    const Moment next_hour{(from.time_since_epoch() / hours{1} + 1) * hours{1}};
    const Moment until = std::min(to, next_hour);
    sum += cb::cost(hourly(instance, from), std::chrono::ceil<seconds>(until - from));
    from = until;
  }
  return sum;
}

}  // namespace cb::sim
