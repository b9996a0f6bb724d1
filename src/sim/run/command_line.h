#pragma once
// broker-sim's arguments.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sim/run/options.h"

namespace cb::sim {

inline constexpr const char* kThisProgram = "/proc/self/exe";

struct Command {
  std::uint64_t first_seed = 0;
  std::uint64_t last_seed = 0;
  bool single = false;  // --seed
  int jobs = 1;
  bool trace = false;
  bool shrink = false;
  std::string second;  // the program that runs every world again; empty: none
  bool require_coverage = false;
  std::string expect;  // the rule that must be broken; empty: none may be
  Narrowing narrowing;
};

Result<Command> parse_command(const std::vector<std::string_view>& arguments);
extern const std::string_view kUsage;

}  // namespace cb::sim
