#include "core/launch/launch_plan.h"

#include "base/text.h"
#include "core/launch/user_data.h"

namespace cb::core {
namespace {

constexpr std::string_view kTokenPrefix = "cb-";

}  // namespace

std::vector<Candidate> candidates(const PoolSettings& pool, const std::string& region) {
  std::vector<Candidate> out;
  if (pool.market != MarketOrder::kOnDemand) {
    for (const std::string& type : pool.instance_types) {
      out.push_back({region, Market::kSpot, type, "", pool.subnet});
    }
  }
  if (pool.market == MarketOrder::kOnDemand) {
    for (const std::string& type : pool.instance_types) {
      out.push_back({region, Market::kOnDemand, type, "", pool.subnet});
    }
  } else if (pool.market == MarketOrder::kSpotThenOnDemand && !pool.instance_types.empty()) {
    out.push_back({region, Market::kOnDemand, pool.instance_types.front(), "", pool.subnet});
  }
  return out;
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
  spec.subnet = pool.subnet;
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
