// Which of a pool's regions are passed over: nothing is begun there, and what was is not waited
// for.

#include <algorithm>

#include "base/text.h"
#include "core/launch/launcher.h"

namespace cb::core {

bool Launcher::cut_off(const std::string& region) const {
  return !step_.trouble_in(region).empty();
}

bool Launcher::answers_no_launch(const std::string& region) const {
  const CloudState& cloud = step_.cloud(region);
  return cloud.launches_fail_since &&
         cloud.launch_failed_at - *cloud.launches_fail_since >=
             step_.settings.cloud_unreachable_patience &&
         step_.now.boot - cloud.launch_failed_at < step_.settings.capacity_memory;
}

// Whoever needs it.
bool Launcher::something_left_in(const PoolName& name, const std::string& region) const {
  const auto search = searches_.find(name);
  Need there;
  there.region = region;
  const auto all = candidates(step_.settings, *step_.pool(name), there);
  return std::any_of(all.begin(), all.end(), [&](const Candidate& one) {
    const bool tried = search != searches_.end() && search->second.tried.contains(one);
    return !tried && !capacity_.unavailable(name, one, step_.now.boot);
  });
}

// Another of the pool's regions can be asked, has been listed, answers launches, and has something
// left to launch.
bool Launcher::has_another(const PoolName& name, const std::string& region) const {
  const auto regions = step_.settings.regions_of(*step_.pool(name));
  return std::any_of(regions.begin(), regions.end(), [&](const std::string& other) {
    return other != region && step_.cloud(other).listed_once && !cut_off(other) &&
           !answers_no_launch(other) && something_left_in(name, other);
  });
}

// Since the start its EC2 has not answered.
bool Launcher::unheard_of(const PoolName& name, const std::string& region) const {
  const CloudState& cloud = step_.cloud(region);
  return !cloud.listed_once && cloud.listing_failed && has_another(name, region);
}

// One of its regions has not been listed, and may yet be before callers would be told that it
// cannot be asked.
bool Launcher::will_be_heard_of(const PoolName& name, const Need& need) const {
  const auto regions = step_.settings.regions_of(*step_.pool(name));
  return std::any_of(regions.begin(), regions.end(), [&](const std::string& region) {
    return (!need.region || *need.region == region) && !step_.cloud(region).listed_once &&
           !cut_off(region);
  });
}

bool Launcher::passed_over(const PoolName& name, const std::string& region) const {
  if (cut_off(region)) return true;
  if (step_.pool(name) == nullptr) return false;
  return unheard_of(name, region) || (answers_no_launch(region) && has_another(name, region));
}

std::optional<std::string> Launcher::unreachable(const PoolName& name) const {
  const auto regions = step_.settings.regions_of(*step_.pool(name));
  const auto is_cut_off = [this](const std::string& region) { return cut_off(region); };
  if (!std::all_of(regions.begin(), regions.end(), is_cut_off)) return {};
  return step_.trouble_in(regions.front());
}

bool Launcher::asked_anew(const PoolName& name, const Need& need) const {
  if (!step_.cloud_open) return false;
  const auto regions = step_.settings.regions_of(*step_.pool(name));
  return std::any_of(regions.begin(), regions.end(), [&](const std::string& region) {
    const CloudState& cloud = step_.cloud(region);
    return (!need.region || *need.region == region) && cut_off(region) && cloud.trouble_doubted;
  });
}

// Another region may launch in its place.
void Launcher::leave_regions_that_are_cut_off(const PoolName& name) {
  for (const LaunchToken& token : under_way_for(name)) {
    const auto attempt = attempts_.find(token);
    const bool heard_of = attempt->second.in_flight || attempt->second.record.outcome_unknown;
    if (!heard_of && passed_over(name, attempt->second.record.region)) close(attempt, true);
  }
}

// Its address only a listing tells, its region cannot be asked, and another of the pool's can.
bool Launcher::out_of_sight(const Worker& worker) const {
  const PoolName& pool = worker.record.pool;
  return worker.record.address.empty() && cut_off(worker.record.region) &&
         step_.pool(pool) != nullptr && !unreachable(pool);
}

void Launcher::note_answer(const std::string& region, const LaunchResult& result) {
  CloudState& cloud = step_.cloud(region);
  const auto* const failure = std::get_if<CloudFailure>(&result);
  const bool definite = std::holds_alternative<Launched>(result) ||
                        (failure != nullptr && failure->what != FailureClass::kThrottle &&
                         failure->what != FailureClass::kUnreachable &&
                         failure->what != FailureClass::kUnknownOutcome);
  if (definite) return cloud.launches_fail_since.reset();
  const Duration remembered =
      step_.settings.capacity_memory + step_.settings.cloud_unreachable_patience;
  const bool long_ago = step_.now.boot - cloud.launch_failed_at >= remembered;
  if (!cloud.launches_fail_since || long_ago) cloud.launches_fail_since = step_.now.boot;
  cloud.launch_failed_at = step_.now.boot;
}

std::string Launcher::why_passed_over(const std::string& region) const {
  if (const std::string& trouble = step_.trouble_in(region); !trouble.empty()) return trouble;
  if (answers_no_launch(region)) return str(step_.ec2_in(region), " answers no launch");
  return step_.cloud(region).doubt;
}

}  // namespace cb::core
