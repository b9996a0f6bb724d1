#include "base/ids.h"

namespace cb {
namespace {

constexpr std::string_view kLeaseDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kLeaseLength = 13;  // of 5 bits each, the first of 4

}  // namespace

std::string to_text(LeaseId id) {
  std::string text(kLeaseLength, 'a');
  for (std::size_t at = kLeaseLength; at-- != 0; id.value >>= 5)
    text[at] = kLeaseDigits[id.value & 31];
  return text;
}

std::optional<LeaseId> parse_lease_id(std::string_view text) {
  if (text.size() != kLeaseLength) return {};
  LeaseId id;
  for (const char c : text) {
    const std::size_t digit = kLeaseDigits.find(c);
    if (digit == kLeaseDigits.npos || id.value >> 59 != 0) return {};
    id.value = id.value << 5 | digit;
  }
  if (id.none()) return {};
  return id;
}

}  // namespace cb
