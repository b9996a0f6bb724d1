#include "ec2sim/calls/fleet_request.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <set>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/tags.h"
#include "ec2sim/calls/template_request.h"
#include "ec2sim/calls/token.h"
#include "ec2sim/model/zones.h"

namespace cb::ec2sim {
namespace {

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/fleet-quotas.html
constexpr std::int64_t kTargetMax = 10'000;

struct Strategy {
  std::string_view name;
  Allocation allocation;
};
constexpr Strategy kStrategies[] = {
    {"", Allocation::kLowestPrice},
    {"lowest-price", Allocation::kLowestPrice},
    {"price-capacity-optimized", Allocation::kPriceCapacity},
    {"capacity-optimized", Allocation::kCapacity},
    {"capacity-optimized-prioritized", Allocation::kCapacityPrioritized},
    {"prioritized", Allocation::kPrioritized},
    {"diversified", Allocation::kDiversified},
};

Allocation allocation_of(std::string_view name) {
  return std::ranges::find(kStrategies, name, &Strategy::name)->allocation;
}

void check_kind(const Query& query) {
  if (query.text("Type") != "instant") {
    throw Refusal{"UnsupportedOperation", "The simulator models fleets of type instant."};
  }
  const std::string behavior = query.text("SpotOptions.InstanceInterruptionBehavior");
  if (!behavior.empty() && behavior != "terminate") {
    throw Refusal{"UnsupportedOperation", "The simulator models spot instances that terminate."};
  }
}

FleetMarket read_market_of_fleet(const Query& query, bool spot, std::int64_t target) {
  const std::string options = spot ? "SpotOptions." : "OnDemandOptions.";
  FleetMarket market;
  market.spot = spot;
  market.target = target;
  market.allocation = allocation_of(query.text(options + "AllocationStrategy"));
  market.least = query.number(options + "MinTargetCapacity").value_or(0);
  market.single_type = query.flag(options + "SingleInstanceType", false);
  market.single_zone = query.flag(options + "SingleAvailabilityZone", false);
  if (market.least > 0 && !market.single_type && !market.single_zone) {
    bad_combination(
        str(options, "MinTargetCapacity needs SingleInstanceType or ", "SingleAvailabilityZone."));
  }
  return market;
}

// What neither market was given is the default one's.
std::vector<FleetMarket> read_targets(const Query& query) {
  const std::string target = "TargetCapacitySpecification.";
  query.required(target + "TotalTargetCapacity");
  const std::int64_t total = *query.number(target + "TotalTargetCapacity");
  const std::string fallback = query.text(target + "DefaultTargetCapacityType");
  if (!fallback.empty() && fallback != "spot" && fallback != "on-demand") {
    throw Refusal{"UnsupportedOperation", str("The simulator does not model ", fallback, ".")};
  }
  if (total > kTargetMax) {
    bad_value("TotalTargetCapacity", std::to_string(total), str("It may be ", kTargetMax, "."));
  }
  std::int64_t spot = query.number(target + "SpotTargetCapacity").value_or(0);
  std::int64_t on_demand = query.number(target + "OnDemandTargetCapacity").value_or(0);
  if (total < 1 || spot < 0 || on_demand < 0 || spot > total || on_demand > total - spot) {
    bad_value("TotalTargetCapacity", std::to_string(total),
              "It must be positive, and no less than the capacities of both markets together.");
  }
  (fallback == "spot" ? spot : on_demand) += total - spot - on_demand;
  std::vector<FleetMarket> markets;
  if (on_demand > 0) markets.push_back(read_market_of_fleet(query, false, on_demand));
  if (spot > 0) markets.push_back(read_market_of_fleet(query, true, spot));
  return markets;
}

// An override with its template.
struct Candidate {
  LaunchTemplate used;
  FleetOverride given;
};

FleetOverride read_override(const Query& query, const std::string& prefix) {
  FleetOverride given;
  if (prefix.empty()) return given;
  given.type = query.text(prefix + "InstanceType");
  given.subnet = query.text(prefix + "SubnetId");
  given.zone = query.text(prefix + "AvailabilityZone");
  given.image = query.text(prefix + "ImageId");
  given.max_price = query.text(prefix + "MaxPrice");
  given.priority = query.text(prefix + "Priority");
  return given;
}

std::vector<Candidate> read_candidates(const Query& query, const LaunchTemplates& templates,
                                       std::string_view region) {
  std::vector<Candidate> candidates;
  for (const std::string& config : query.prefixes("LaunchTemplateConfigs")) {
    const std::string specification = config + "LaunchTemplateSpecification.";
    const LaunchTemplate& used = named_template(query, specification, templates, region);
    const std::string version = query.required(specification + "Version");
    check_template_version(used, version);
    auto overrides = query.prefixes(config + "Overrides");
    if (overrides.empty()) overrides.emplace_back();  // the template as it is
    for (const std::string& prefix : overrides) {
      Candidate& candidate = candidates.emplace_back(Candidate{used, read_override(query, prefix)});
      candidate.given.template_id = used.id;
      candidate.given.template_version = "1";
    }
  }
  if (candidates.empty()) query.required("LaunchTemplateConfigs");
  return candidates;
}

void put_if_given(Parameters& over, const std::string& name, const std::string& value) {
  if (!value.empty()) over[name] = value;
}

// The launch of one instance of this candidate. Throws Refusal as EC2 would refuse that launch.
LaunchOrder read_order(Candidate candidate, bool spot, const Parameters& tags,
                       const Settings& settings, std::string_view region) {
  const FleetOverride& given = candidate.given;
  Parameters over = tags;
  over["MinCount"] = over["MaxCount"] = "1";
  put_if_given(over, "InstanceType", given.type);
  put_if_given(over, "ImageId", given.image);
  put_if_given(over, "Placement.AvailabilityZone", given.zone);
  // A template with an interface has its subnet there.
  Parameters& data = candidate.used.data;
  const auto interfaces = Query(data).prefixes("NetworkInterface");
  interfaces.empty() ? put_if_given(over, "SubnetId", given.subnet)
                     : put_if_given(data, interfaces[0] + "SubnetId", given.subnet);
  if (spot) {
    over["InstanceMarketOptions.MarketType"] = "spot";
    put_if_given(over, "InstanceMarketOptions.SpotOptions.MaxPrice", given.max_price);
  } else if (data.contains("InstanceMarketOptions.MarketType")) {
    bad_combination("A launch template with InstanceMarketOptions launches nothing on demand.");
  }
  return read_launch_from(candidate.used, over, settings, region);
}

void add_pools(FleetMarket& market, std::size_t index, const Candidate& candidate,
               const LaunchOrder& order, const Settings& settings) {
  const std::string& priority = candidate.given.priority;
  FleetPool pool{index, order, std::numeric_limits<double>::infinity()};
  if (!priority.empty()) pool.priority = std::strtod(priority.c_str(), nullptr);
  const auto zones =
      order.zone.empty() ? zones_of(settings, order.region) : std::vector{order.zone};
  for (const std::string& zone : zones) {
    pool.order.zone = zone;
    market.pools.push_back(pool);
  }
}

// A pool is a type in a zone, in whatever subnet.
void check_pools(const FleetMarket& market) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const FleetPool& pool : market.pools) {
    if (!seen.emplace(pool.order.type, pool.order.zone).second) {
      throw Refusal{"InvalidFleetConfig",
                    "The fleet configuration contains duplicate instance pools."};
    }
  }
}

// Of the fleet's tags those that its instances get, as a launch takes them.
Parameters instance_tags(const Query& query) {
  constexpr std::array<std::string_view, 3> kTaggable{"fleet", "instance", "volume"};
  Parameters tags;
  for (const auto& [resource, of_it] : read_tag_specifications(query, kTaggable)) {
    if (resource != "instance") continue;
    int number = 0;
    tags["TagSpecification.1.ResourceType"] = resource;
    for (const auto& [key, value] : of_it) {
      const std::string tag = str("TagSpecification.1.Tag.", ++number, '.');
      tags[tag + "Key"] = key;
      tags[tag + "Value"] = value;
    }
  }
  return tags;
}

}  // namespace

FleetOrder read_fleet(const Parameters& parameters, const LaunchTemplates& templates,
                      const Settings& settings, std::string_view region) {
  const Query query(parameters);
  FleetOrder fleet;
  fleet.region = region;
  check_kind(query);
  fleet.markets = read_targets(query);
  fleet.client_token = read_token(query);
  fleet.digest = digest_of(parameters);
  const Parameters tags = instance_tags(query);
  const auto candidates = read_candidates(query, templates, region);
  for (const Candidate& candidate : candidates) fleet.overrides.push_back(candidate.given);
  for (FleetMarket& market : fleet.markets) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      try {
        const auto order = read_order(candidates[i], market.spot, tags, settings, region);
        add_pools(market, i, candidates[i], order, settings);
      } catch (const Refusal& refusal) {
        fleet.errors.push_back({i, market.spot, refusal.code, refusal.message});
      }
    }
    check_pools(market);
  }
  return fleet;
}

}  // namespace cb::ec2sim
