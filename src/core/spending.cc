#include "core/spending.h"

#include <algorithm>

#include "base/text.h"
#include "core/planted.h"

namespace cb::core {

void Spending::launching(const LaunchToken& token) {
  const LaunchStamp stamp{token, desk_.now.boot};
  stamps_[token] = stamp;
  desk_.save(stamp);
}

void Spending::take_back(const LaunchToken& token) {
  if (stamps_.erase(token) != 0) desk_.save(DropLaunchStamp{token});
}

void Spending::forget_old_stamps() {
  for (auto it = stamps_.begin(); it != stamps_.end();) {
    if (desk_.now.boot - it->second.at < hours{1}) {
      ++it;
      continue;
    }
    desk_.save(DropLaunchStamp{it->first});
    it = stamps_.erase(it);
  }
}

std::optional<LimitReached> Spending::hour_is_full() {
  forget_old_stamps();
  const std::size_t limit = desk_.settings.launches_per_hour_max;
  if (stamps_.size() < limit) return {};
  if (limit == 0) {
    return LimitReached{"launches_per_hour_max = 0: launching is switched off", desk_.now.boot, {}};
  }
  std::vector<Instant> times;
  for (const auto& [token, stamp] : stamps_) times.push_back(stamp.at);
  std::sort(times.begin(), times.end());
  const Instant next = times[times.size() - limit] + hours{1};
  const auto wait = std::chrono::ceil<minutes>(next - desk_.now.boot);
  return LimitReached{str(stamps_.size(), " launches in the last hour (launches_per_hour_max = ",
                          limit, "); the next is possible in ", to_string(Duration{wait})),
                      times.back(), next};
}

bool Spending::boot_failed(const PoolName& pool, const std::string& why) {
  Breaker& breaker = breakers_[pool];
  ++breaker.failures;
  breaker.last = why;
  if (breaker.failures < desk_.settings.boot_failures_max) return false;
  breaker.open_until = desk_.now.boot + desk_.settings.retry_after;
  return true;
}

std::optional<LimitReached> Spending::breaker_open(const PoolName& pool) const {
  const auto found = breakers_.find(pool);
  if (found == breakers_.end()) return {};
  const bool ever = found->second.open_until != Instant{} && planted(Bug::kBreakerNeverCloses);
  if (desk_.now.boot >= found->second.open_until && !ever) return {};
  const auto wait = std::chrono::ceil<minutes>(found->second.open_until - desk_.now.boot);
  return LimitReached{str(found->second.failures,
                          " workers in a row never became ready (the last: ", found->second.last,
                          "); nothing is launched for ", to_string(Duration{wait}),
                          "; check the image and [pool.", pool.value, "] ready"),
                      found->second.open_until - desk_.settings.retry_after,
                      found->second.open_until};
}

}  // namespace cb::core
