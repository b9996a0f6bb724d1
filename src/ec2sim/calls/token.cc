#include "ec2sim/calls/token.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {
namespace {

constexpr std::size_t kTokenMax = 64;

}  // namespace

std::string read_token(const Query& query) {
  std::string token = query.text("ClientToken");
  const bool ascii = std::ranges::all_of(token, [](char c) { return c > 0; });
  if (token.size() > kTokenMax || !ascii) {
    bad_value("clientToken", token, "It may have 64 ASCII characters at most.");
  }
  return token;
}

std::string digest_of(const Parameters& parameters) {
  std::string digest;
  for (const auto& [name, value] : parameters) {
    if (name != "DryRun") digest += str(name.size(), ':', name, value.size(), ':', value);
  }
  return digest;
}

}  // namespace cb::ec2sim
