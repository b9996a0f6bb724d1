#include "app/serve/crash_points.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <utility>

namespace cb::app {

CrashPoints::CrashPoints() {
  if (const char* at = std::getenv("COMPUTE_BROKER_CRASH_AT")) {
    crash_at_ = std::strtoul(at, nullptr, 10);
  }
  if (const char* log = std::getenv("COMPUTE_BROKER_CRASH_LOG")) log_ = log;
}

void CrashPoints::reached(const char* point) {
  ++count_;
  if (!log_.empty()) std::ofstream(log_, std::ios::app) << point << '\n';
  if (count_ == crash_at_) ::kill(::getpid(), SIGKILL);
}

Status CrashingStore::commit(const std::vector<core::Change>& changes, Now now) {
  points_.reached("before-commit");
  Status status = real_.commit(changes, now);
  points_.reached("after-commit");
  return status;
}

void CrashingCloud::launch(const core::LaunchInstance& what) {
  points_.reached("before-launch");
  real_.launch(what);
  points_.reached("after-launch");
}

void CrashingCloud::terminate(const core::TerminateInstances& what) {
  points_.reached("before-terminate");
  real_.terminate(what);
  points_.reached("after-terminate");
}

void CrashingSink::post(core::Event event) {
  if (std::holds_alternative<core::LaunchAnswered>(event)) points_.reached("launch-answered");
  if (std::holds_alternative<core::TerminateAnswered>(event)) {
    points_.reached("terminate-answered");
  }
  real_.post(std::move(event));
}

}  // namespace cb::app
