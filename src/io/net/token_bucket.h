#pragma once
// Keeps our calls below what AWS allows: each call reserves its turn and waits that long. Turns are
// given in the order they are asked for. Not thread-safe; the time is handed in.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/time.h"

namespace cb::io {

struct BucketFigures {
  double per_second;  // refill; above 0
  double burst;       // calls that need not wait after a quiet time; at least 1
};

class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  explicit TokenBucket(BucketFigures figures) : figures_(figures), tokens_(figures.burst) {}

  // How long the caller must wait for its turn, which is then its own. Empty, and nothing is
  // reserved, when that would be longer than `patience`.
  std::optional<Duration> reserve(Clock::time_point now, Duration patience) {
    refill(now);
    const double missing = 1.0 - tokens_;
    const Duration wait{
        missing <= 0 ? 0
                     : static_cast<Duration::rep>(std::ceil(missing / figures_.per_second * 1000))};
    if (wait > patience) return {};
    tokens_ -= 1.0;
    return wait;
  }

 private:
  void refill(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - last_;
    if (last_ != Clock::time_point{} && passed.count() > 0) {
      tokens_ = std::min(figures_.burst, tokens_ + passed.count() * figures_.per_second);
    }
    last_ = std::max(last_, now);
  }

  BucketFigures figures_;
  double tokens_;  // below 0: reserved by calls that still wait
  Clock::time_point last_{};
};

}  // namespace cb::io
