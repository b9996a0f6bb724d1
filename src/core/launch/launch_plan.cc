#include "core/launch/launch_plan.h"

#include <algorithm>

#include "base/text.h"
#include "core/launch/user_data.h"

namespace cb::core {
namespace {

constexpr std::string_view kTokenPrefix = "cb-";

}  // namespace

std::vector<Candidate> candidates(const PoolSettings& pool, const std::string& region,
                                  const Need& need) {
  const std::vector<std::string> wherever{""};
  const auto& subnets = pool.subnets.empty() ? wherever : pool.subnets;
  std::vector<Candidate> out;
  const auto add = [&](Market market, const std::string& type) {
    if (!need.fits(type, market)) return;
    for (const std::string& subnet : subnets) out.push_back({region, market, type, "", subnet});
  };
  const Market first = pool.market == MarketOrder::kOnDemand ? Market::kOnDemand : Market::kSpot;
  for (const std::string& type : pool.instance_types) add(first, type);
  if (pool.market == MarketOrder::kSpotThenOnDemand && !pool.instance_types.empty()) {
    add(Market::kOnDemand, need.type.value_or(pool.instance_types.front()));
  }
  return out;
}

std::vector<Candidate> candidates_in(const PoolSettings& pool, const std::string& region,
                                     const std::string& subnet) {
  std::vector<Candidate> out;
  for (const std::string& type : pool.instance_types) {
    for (const Market market : {Market::kSpot, Market::kOnDemand}) {
      out.push_back({region, market, type, "", subnet});
    }
  }
  return out;
}

bool launches_in(const PoolSettings& pool, const std::string& subnet) {
  if (pool.subnets.empty()) return subnet.empty();
  return std::find(pool.subnets.begin(), pool.subnets.end(), subnet) != pool.subnets.end();
}

LaunchSpec launch_spec(const Settings& settings, const PoolName& name, const PoolSettings& pool,
                       const Candidate& candidate, const LaunchToken& token, WallTime wall) {
  LaunchSpec spec;
  spec.token = token;
  spec.region = candidate.region;
  spec.market = candidate.market;
  spec.type = candidate.type;
  spec.zone = candidate.zone;
  spec.image = pool.image;
  spec.key_name = pool.key_name;
  spec.security_groups = pool.security_groups;
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
