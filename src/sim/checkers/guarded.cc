#include "sim/checkers/guarded.h"

#include <algorithm>

#include "base/text.h"
#include "core/launch/user_data.h"

namespace cb::sim {
namespace {

constexpr const char* kGuardedRule = "4-guarded";

}  // namespace

void Guarded::launch_called(const LaunchCall& call) {
  const LaunchForm& form = call.form;
  const core::Settings& settings = ground_.options.settings;
  const auto demand = [&](bool good, std::string_view what) {
    if (!good) throw Violated(kGuardedRule, str("launch ", call.token.value, ": ", what));
  };
  demand(form.tag(core::kNameTag) == core::kNameTagValue, "its Name tag is not ours");
  demand(form.tag(core::kBrokerTag) == settings.name, "it does not carry its broker's tag");
  demand(settings.pools.contains({form.tag(core::kPoolTag)}), "it carries no tag of a pool");
  demand(form.tag(core::kTokenTag) == call.token.value, "it does not carry its token's tag");
  demand(parse_iso8601(form.tag(core::kExpiryTag)).has_value(), "it does not carry its expiry");
  demand(!form.tag(core::kOwnerTag).empty(), "it does not say who answers for it");
  // One that is repeated has its bytes of before, as rule 3 sees.
  if (ground_.settings_just_told || history_.attempts().contains(call.token)) return;
  const core::PoolSettings& pool = settings.pools.at({form.tag(core::kPoolTag)});
  const auto given = [&](const char* key, const std::string& value) {
    const auto found = form.fields.find(key);
    demand(value.empty() ? found == form.fields.end()
                         : found != form.fields.end() && found->second == value,
           str("it has another ", key, " than its pool"));
  };
  const bool home = !pool.images.contains(call.region);
  given("ImageId", home ? pool.image : pool.images.at(call.region).front());
  given("KeyName", pool.key_name);
  const auto field = form.fields.find("SubnetId");
  const std::string subnet = field == form.fields.end() ? "" : field->second;
  const auto& subnets = home ? pool.subnets : pool.region_subnets.at(call.region);
  demand(subnets.empty() ? subnet.empty() : std::ranges::count(subnets, subnet) == 1,
         "it is in another subnet than its pool's");
  given("IamInstanceProfile.Name", pool.instance_profile);
  const auto& groups = home ? pool.security_groups : pool.region_security_groups.at(call.region);
  given("SecurityGroupId.1", groups.empty() ? "" : groups.front());
  demand(form.user_data == core::user_data(settings.max_lifetime, pool.user_data),
         "its user data is not its pool's");
  demand(form.lifetime == std::chrono::ceil<minutes>(settings.max_lifetime),
         "its user data does not power it off after max_lifetime");
}

}  // namespace cb::sim
