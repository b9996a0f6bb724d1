#include "ec2sim/model/instance.h"

#include <algorithm>

namespace cb::ec2sim {

std::string_view to_string(State state) {
  switch (state) {
    case State::kPending:
      return "pending";
    case State::kRunning:
      return "running";
    case State::kStopping:
      return "stopping";
    case State::kStopped:
      return "stopped";
    case State::kShuttingDown:
      return "shutting-down";
    case State::kTerminated:
      return "terminated";
  }
  return "";
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html
int state_code(State state) {
  switch (state) {
    case State::kPending:
      return 0;
    case State::kRunning:
      return 16;
    case State::kStopping:
      return 64;
    case State::kStopped:
      return 80;
    case State::kShuttingDown:
      return 32;
    case State::kTerminated:
      return 48;
  }
  return 0;
}

State state_at(const Instance& instance, Micros when) {
  if (when >= instance.times.ended) return State::kTerminated;
  if (when >= instance.times.ending) return State::kShuttingDown;
  if (when >= instance.times.stopped) return State::kStopped;
  if (when >= instance.times.stopping) return State::kStopping;
  return when >= instance.times.running ? State::kRunning : State::kPending;
}

bool addressed_at(const Instance& instance, Micros when) {
  const Times& times = instance.times;
  return when >= times.addressed && when < std::min(times.ended, times.stopping);
}

Micros wall_of(const Instance& instance, Micros when) {
  return instance.accepted_wall + (when - instance.times.accepted);
}

Bill bill_of(const Instance& instance, Micros now) {
  const Times& times = instance.times;
  const Micros end = std::min({now, times.ending, times.stopping});
  const bool began = end > times.running || instance.billed_before != seconds{0};
  if (instance.stranger || !began) return {};
  const Micros ran = std::max(end - times.running, Micros{0}) + instance.billed_before;
  const bool interrupted = instance.reason_code.starts_with("Server.Spot") && times.ending <= now;
  if (interrupted && ran < hours{1}) return {};
  const seconds billed = std::max(std::chrono::ceil<seconds>(ran), seconds{60});
  return {billed, cost(instance.hourly, billed)};
}

}  // namespace cb::ec2sim
