#include "ec2sim/model/launch_templates.h"

#include <algorithm>

#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {

const LaunchTemplate& LaunchTemplates::create(LaunchTemplate made, std::uint64_t seed) {
  for (const LaunchTemplate* one : of(made.region)) {
    if (made.client_token.empty() || one->client_token != made.client_token) continue;
    if (one->digest != made.digest) token_mismatch();
    return *one;
  }
  if (by_name(made.region, made.name)) {
    throw Refusal{"InvalidLaunchTemplateName.AlreadyExistsException",
                  "Launch template name already in use."};
  }
  made.ordinal = ++last_;
  Prng prng = prng_of(seed, made.ordinal);
  made.id = new_id("lt-", prng);
  return all_.emplace_back(std::move(made));
}

const LaunchTemplate* LaunchTemplates::by_id(std::string_view region, std::string_view id) const {
  const auto found = std::ranges::find(all_, id, &LaunchTemplate::id);
  return found != all_.end() && found->region == region ? &*found : nullptr;
}

const LaunchTemplate* LaunchTemplates::by_name(std::string_view region,
                                               std::string_view name) const {
  for (const LaunchTemplate* one : of(region)) {
    if (one->name == name) return one;
  }
  return nullptr;
}

std::vector<const LaunchTemplate*> LaunchTemplates::of(std::string_view region) const {
  std::vector<const LaunchTemplate*> found;
  for (const LaunchTemplate& one : all_) {
    if (one.region == region) found.push_back(&one);
  }
  return found;
}

void LaunchTemplates::erase(std::string_view id) {
  std::erase_if(all_, [&](const LaunchTemplate& one) { return one.id == id; });
}

}  // namespace cb::ec2sim
