#pragma once
// The sim's own reading of a launch request, independent of the code that wrote it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/cloud.h"

namespace cb::sim {

// application/x-www-form-urlencoded; a repeated key keeps its last value.
std::map<std::string, std::string> decode_form(std::string_view body);

struct LaunchForm {
  std::map<std::string, std::string> fields;  // all of them, decoded
  std::string user_data;
  LaunchToken token;
  std::string type;
  core::Market market = core::Market::kOnDemand;
  std::string image;
  std::map<std::string, std::string, std::less<>> tags;
  // After so long the machine powers itself off, as its user data says; unset: it says nothing.
  std::optional<minutes> lifetime;

  std::string tag(std::string_view key) const;  // "" when absent
};
// Throws CheckFailed when something that every launch of ours carries is missing.
LaunchForm read_launch(std::string_view body);

}  // namespace cb::sim
