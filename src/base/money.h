#pragma once
// Money in whole micro-dollars: a second of a worker is about 300 of them, and sums stay exact.

#include <compare>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace cb {

struct Money {
  std::int64_t micro_dollars = 0;

  auto operator<=>(const Money&) const = default;
  Money& operator+=(Money other) {
    micro_dollars += other.micro_dollars;
    return *this;
  }
};

// What `hourly` costs for `time`, rounded up to the next micro-dollar.
inline Money cost(Money hourly, seconds time) {
  return {(hourly.micro_dollars * time.count() + 3599) / 3600};
}

// "$0.2340": four places, which shows a minute of the cheapest worker.
std::string to_string(Money money);

}  // namespace cb
