#pragma once
// The rows of settings_table(), by subject.

#include <vector>

#include "app/config/settings_table.h"
#include "base/time.h"

namespace cb::app {

inline constexpr Range kAnyText{0, 1000};
inline constexpr Range kBool{0, 1};
inline constexpr Range kChoice{1, 100};  // the choices are the range

constexpr Range length(Duration min, Duration max) {
  return {min.count(), max.count()};
}

std::vector<Setting> identity_rows();
std::vector<Setting> caller_rows();
std::vector<Setting> protocol_rows();
std::vector<Setting> launch_rows();
std::vector<Setting> watch_rows();
std::vector<Setting> restart_rows();
std::vector<Setting> aws_rows();
std::vector<Setting> pool_rows();

}  // namespace cb::app
