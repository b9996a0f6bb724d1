#include "core/launch/launch_plan.h"

#include <algorithm>

#include "base/text.h"
#include "core/launch/user_data.h"

namespace cb::core {
namespace {

constexpr std::string_view kTokenPrefix = "cb-";

// The empty one is EC2's to choose.
const std::vector<std::string>& subnets_of(const PoolSettings& pool, const std::string& region) {
  static const std::vector<std::string> kWherever{""};
  const std::vector<std::string>& own = pool.subnets_in(region);
  return own.empty() ? kWherever : own;
}

}  // namespace

std::vector<Candidate> candidates(const Settings& settings, const PoolSettings& pool,
                                  const Need& need) {
  std::vector<Candidate> out;
  const auto add = [&](const std::string& region, Market market, const std::string& type) {
    if (!need.fits(type, market, region)) return;
    for (const std::string& subnet : subnets_of(pool, region)) {
      out.push_back({region, market, type, "", subnet});
    }
  };
  const Market first = pool.market == MarketOrder::kOnDemand ? Market::kOnDemand : Market::kSpot;
  for (const std::string& region : settings.regions_of(pool)) {
    for (const std::string& type : pool.instance_types) add(region, first, type);
    if (pool.market == MarketOrder::kSpotThenOnDemand && !pool.instance_types.empty()) {
      add(region, Market::kOnDemand, need.type.value_or(pool.instance_types.front()));
    }
  }
  return out;
}

std::vector<Candidate> candidates_in(const PoolSettings& pool, const std::string& region,
                                     const std::optional<std::string>& subnet) {
  const auto& subnets = subnet ? std::vector<std::string>{*subnet} : subnets_of(pool, region);
  std::vector<Candidate> out;
  for (const std::string& type : pool.instance_types) {
    for (const Market market : {Market::kSpot, Market::kOnDemand}) {
      for (const std::string& one : subnets) out.push_back({region, market, type, "", one});
    }
  }
  return out;
}

bool launches_in(const Settings& settings, const PoolSettings& pool, const std::string& region,
                 const std::string& subnet) {
  const auto& subnets = subnets_of(pool, region);
  return settings.launches_in(pool, region) &&
         std::find(subnets.begin(), subnets.end(), subnet) != subnets.end();
}

LaunchSpec launch_spec(const Settings& settings, const PoolName& name, const PoolSettings& pool,
                       const Candidate& candidate, const LaunchToken& token, WallTime wall) {
  LaunchSpec spec;
  spec.token = token;
  spec.region = candidate.region;
  spec.market = candidate.market;
  spec.type = candidate.type;
  spec.zone = candidate.zone;
  spec.image = pool.image_in(candidate.region);
  spec.key_name = pool.key_name;
  spec.security_groups = pool.security_groups_in(candidate.region);
  spec.subnet = candidate.subnet;
  spec.instance_profile = pool.instance_profile;
  spec.user_data = user_data(settings.max_lifetime, pool.user_data);
  spec.tags = {{std::string(kNameTag), std::string(kNameTagValue)},
               {std::string(kBrokerTag), settings.name},
               {std::string(kPoolTag), name.value},
               {std::string(kTokenTag), token.value},
               {std::string(kExpiryTag), iso8601(wall + settings.max_lifetime)}};
  return spec;
}

std::string nonce_of(const LaunchToken& token) {
  const std::string_view text = token.value;
  const std::size_t dash = text.rfind('-');
  if (!text.starts_with(kTokenPrefix) || dash < kTokenPrefix.size()) return {};
  return std::string(text.substr(kTokenPrefix.size(), dash - kTokenPrefix.size()));
}

LaunchToken make_token(const std::string& nonce, std::uint64_t number) {
  return {str(kTokenPrefix, nonce, "-", number)};
}

}  // namespace cb::core
