#include "sim/world/clock.h"

#include <cstdio>

namespace cb::sim {

std::string stamp(Moment moment) {
  const auto ms = moment.time_since_epoch().count();
  char text[48];
  std::snprintf(text, sizeof text, "%dd %02d:%02d:%02d.%03d", int(ms / 86'400'000),
                int(ms / 3'600'000 % 24), int(ms / 60'000 % 60), int(ms / 1000 % 60),
                int(ms % 1000));
  return text;
}

}  // namespace cb::sim
