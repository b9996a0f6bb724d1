#include "core/model/claim.h"

#include <vector>

#include "base/text.h"

namespace cb::core {

std::string to_tag(const Claim& claim) {
  const auto word = [](const std::string& text) { return text.empty() ? "-" : text; };
  return str(word(claim.nonce), " ", word(claim.place), " ", word(claim.stamp));
}

std::optional<Claim> parse_claim(std::string_view tag) {
  const std::vector<std::string_view> found = words(tag);
  if (found.size() != 3 || found[0] == "-") return {};
  const auto value = [](std::string_view word) { return std::string(word == "-" ? "" : word); };
  return Claim{value(found[0]), value(found[1]), value(found[2])};
}

}  // namespace cb::core
