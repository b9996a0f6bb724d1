#include "ec2sim/api/throttle.h"

#include <algorithm>

namespace cb::ec2sim {

bool Throttle::Bucket::take(const BucketSize& size, Micros now) {
  const double passed = std::chrono::duration<double>(now - at_).count();
  spent_ = std::max(0.0, spent_ - passed * size.per_second);
  at_ = now;
  if (spent_ + 1 > size.burst) return false;
  spent_ += 1;
  return true;
}

bool Throttle::admit(const Settings& settings, std::string_view action, Micros now) {
  if (!settings.throttling || action == "GetCallerIdentity") return true;
  if (action == "RunInstances") return launches_.take(settings.launches, now);
  if (action == "StartInstances") return starts_.take(settings.launches, now);
  if (action == "TerminateInstances") return terminations_.take(settings.terminations, now);
  if (action.starts_with("Describe")) return reads_.take(settings.reads, now);
  return writes_.take(settings.writes, now);
}

}  // namespace cb::ec2sim
