#pragma once
// How long to wait before the same is tried again.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace cb {

// `first` after the first failure, doubled with each further one, never more than `longest`.
// Whoever is one of many that fail together waits a random part of it:
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
inline Duration back_off(Duration first, Duration longest, std::size_t failures_before) {
  const std::size_t doublings = std::min<std::size_t>(failures_before, 16);  // a day of seconds
  return std::min(first * (std::int64_t{1} << doublings), longest);
}

}  // namespace cb
