#include "core/launch/launch_limits.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::core {

void LaunchLimits::restore(std::map<LaunchToken, LaunchStamp> stamps) {
  stamps_ = std::move(stamps);
  none_before_.reset();
}

void LaunchLimits::launching(const LaunchToken& token) {
  const LaunchStamp stamp{token, step_.now.boot};
  stamps_[token] = stamp;
  step_.save(stamp);
}

void LaunchLimits::take_back(const LaunchToken& token) {
  if (stamps_.erase(token) != 0) step_.save(DropLaunchStamp{token});
}

void LaunchLimits::forget_old_stamps() {
  if (none_before_ && step_.now.boot - *none_before_ < hours{1}) return;
  none_before_ = step_.now.boot;
  for (auto it = stamps_.begin(); it != stamps_.end();) {
    if (step_.now.boot - it->second.at < hours{1}) {
      none_before_ = std::min(*none_before_, it->second.at);
      ++it;
      continue;
    }
    step_.save(DropLaunchStamp{it->first});
    it = stamps_.erase(it);
  }
}

std::optional<LimitReached> LaunchLimits::hour_is_full() {
  forget_old_stamps();
  const std::size_t limit = step_.settings.launches_per_hour_max;
  if (stamps_.size() < limit) return {};
  if (limit == 0) {
    return LimitReached{"launches_per_hour_max = 0: launching is switched off", step_.now.boot, {}};
  }
  std::vector<Instant> times;
  for (const auto& [token, stamp] : stamps_) times.push_back(stamp.at);
  std::sort(times.begin(), times.end());
  const Instant next = times[times.size() - limit] + hours{1};
  const auto wait = std::chrono::ceil<minutes>(next - step_.now.boot);
  return LimitReached{str(stamps_.size(), " launches in the last hour (launches_per_hour_max = ",
                          limit, "); the next is possible in ", to_string(Duration{wait})),
                      times.back(), next};
}

std::optional<Instant> LaunchLimits::paced_until() const {
  const auto burst = static_cast<int>(step_.settings.launch_burst);
  const Instant next = paced_ - step_.settings.launch_interval * (burst - 1);
  if (next <= step_.now.boot) return {};
  return next;
}

void LaunchLimits::called() {
  paced_ = std::max(paced_, step_.now.boot) + step_.settings.launch_interval;
}

bool LaunchLimits::boot_failed(const PoolName& pool, const std::string& why) {
  Breaker& breaker = breakers_[pool];
  ++breaker.failures;
  breaker.last = why;
  if (breaker.failures < step_.settings.boot_failures_max) return false;
  breaker.open_until = step_.now.boot + step_.settings.retry_after;
  return true;
}

std::optional<LimitReached> LaunchLimits::breaker_open(const PoolName& pool) const {
  const auto found = breakers_.find(pool);
  if (found == breakers_.end()) return {};
  if (step_.now.boot >= found->second.open_until) return {};
  const auto wait = std::chrono::ceil<minutes>(found->second.open_until - step_.now.boot);
  return LimitReached{str(found->second.failures,
                          " workers in a row never became ready (the last: ", found->second.last,
                          "); nothing is launched for ", to_string(Duration{wait}),
                          "; check the image and [pool.", pool.value, "] ready"),
                      found->second.open_until - step_.settings.retry_after,
                      found->second.open_until};
}

}  // namespace cb::core
