#pragma once
// What an instance says, in its tag compute-broker-owner, of the broker that answers for it.

#include <optional>
#include <string>
#include <string_view>

namespace cb::core {

// The value of the tag: three words, "-" for an empty one.
struct Claim {
  std::string nonce;  // of the owner's state_dir
  std::string place;  // of its machine and state_dir, which a lost journal does not change
  std::string stamp;  // when it was renewed; empty: never, it is as the launch left it
  bool operator==(const Claim&) const = default;
};
std::string to_tag(const Claim& claim);
// Unset: `tag` is none, or nobody's; a person may write anything there.
std::optional<Claim> parse_claim(std::string_view tag);

}  // namespace cb::core
