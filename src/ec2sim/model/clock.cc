#include "ec2sim/model/clock.h"

#include <time.h>

#include <ctime>

#include "base/time.h"

namespace cb::ec2sim {
namespace {

Micros micros_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::chrono::seconds{t.tv_sec} + Micros{t.tv_nsec / 1000};
}

std::string formatted(Micros wall, const char* format) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(wall).count();
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &calendar)};
}

}  // namespace

SimNow read_clocks() {
  return {micros_of(CLOCK_BOOTTIME), micros_of(CLOCK_REALTIME)};
}

std::string ec2_time(Micros wall) {
  return formatted(wall, "%Y-%m-%dT%H:%M:%S.000Z");
}

std::string reason_time(Micros wall) {
  return formatted(wall, "%Y-%m-%d %H:%M:%S GMT");
}

std::string http_time(Micros wall) {
  return formatted(wall, "%a, %d %b %Y %H:%M:%S GMT");
}

}  // namespace cb::ec2sim
