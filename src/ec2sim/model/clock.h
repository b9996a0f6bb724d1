#pragma once
// Time in the simulator, in microseconds: a benchmark subtracts these from its own readings.

#include <chrono>
#include <string>

namespace cb::ec2sim {

using Micros = std::chrono::microseconds;
// A moment that does not come. Later than any other.
inline constexpr Micros kNever = Micros::max();

// The two clocks, read together. The model is handed one of these and never reads a clock.
struct SimNow {
  Micros boot{0};  // CLOCK_BOOTTIME: everything is measured with it
  Micros wall{0};  // CLOCK_REALTIME, since 1970: only for what an answer shows to people
};
SimNow read_clocks();

// `moment + length`, where either may be kNever.
inline Micros later(Micros moment, Micros length) {
  return moment == kNever || length == kNever ? kNever : moment + length;
}

// "2026-11-23T10:00:00.000Z", as EC2's answers write a time.
std::string ec2_time(Micros wall);
// "2026-11-23 10:00:00 GMT", as it stands in StateTransitionReason.
std::string reason_time(Micros wall);
// "Mon, 23 Nov 2026 10:00:00 GMT" (RFC 9110), for the Date header.
std::string http_time(Micros wall);

}  // namespace cb::ec2sim
