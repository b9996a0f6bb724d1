#pragma once
// The two limits that bound what a mistake can cost: launches in an hour, and boots that fail in a
// row (the breaker). The third, max_workers, is counted where the workers are.

#include <map>
#include <optional>
#include <string>

#include "core/step/step.h"

namespace cb::core {

// A limit that is reached: why, since when, and until when.
struct LimitReached {
  std::string why;
  Instant since{};
  std::optional<Instant> until;
};

class LaunchLimits {
 public:
  explicit LaunchLimits(Step& step) : step_(step) {}

  void restore(std::map<LaunchToken, LaunchStamp> stamps);
  std::map<LaunchToken, LaunchStamp> stamps() const { return stamps_; }

  // A launch is about to be asked for; it counts unless it is taken back.
  void launching(const LaunchToken& token);
  // EC2 has certainly made nothing of it.
  void take_back(const LaunchToken& token);
  // Why nothing more may be launched this hour, when so.
  std::optional<LimitReached> hour_is_full();

  // When the next call may be made; unset: now. EC2 throttles who calls more often.
  std::optional<Instant> paced_until() const;
  void called();

  // A worker of `pool` never became ready / became ready. True when this one opened the breaker.
  bool boot_failed(const PoolName& pool, const std::string& why);
  void boot_succeeded(const PoolName& pool) { breakers_.erase(pool); }
  std::optional<LimitReached> breaker_open(const PoolName& pool) const;
  void close_breakers() { breakers_.clear(); }

 private:
  struct Breaker {
    std::size_t failures = 0;
    Instant open_until{};
    std::string last;
  };
  void forget_old_stamps();

  Step& step_;
  std::map<LaunchToken, LaunchStamp> stamps_;
  // No stamp is older: until an hour after it there is none to forget. Unset: not looked at yet.
  std::optional<Instant> none_before_;
  std::map<PoolName, Breaker> breakers_;
  Instant paced_{};  // by then all calls are an interval apart
};

}  // namespace cb::core
