#pragma once
// Names of things, each its own type, so that an instance is never mistaken for an attempt.

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cb {

template <class Tag>
struct TextId {
  std::string value;
  auto operator<=>(const TextId&) const = default;
  bool empty() const { return value.empty(); }
};

template <class Tag>
struct NumberId {
  std::uint64_t value = 0;
  auto operator<=>(const NumberId&) const = default;
  bool none() const { return value == 0; }
};

using InstanceId = TextId<struct InstanceTag>;  // EC2's "i-0abc"
using PoolName = TextId<struct PoolTag>;        // "default"
// Whether `name` can be a pool's: 1 to 32 of a-z, 0-9 and '-'.
inline bool is_pool_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == name.npos;
}
using LaunchToken = TextId<struct TokenTag>;          // EC2's ClientToken: one launch attempt
using CallerId = NumberId<struct CallerTag>;          // one request of one client; never reused
using LeaseId = NumberId<struct LeaseTag>;            // one client's claim on one worker; 0: none
using ConnectionId = NumberId<struct ConnectionTag>;  // of a client that stays; 0: none
using QueryId = NumberId<struct QueryTag>;  // one question to the cloud, unique in this run
using ProbeId = NumberId<struct ProbeTag>;  // one probe of one worker, unique in this run

// A lease's id as clients know it: 13 of a-z and 2-7 (RFC 4648's base 32, in lower case).
std::string to_text(LeaseId id);
std::optional<LeaseId> parse_lease_id(std::string_view text);  // unset: it is none

// Which door a caller came in by, 0 to 15: each numbers its own callers and connections, and the
// upper four bits say whose they are, so that an answer goes back there (driver/reply_router.h).
using CallerSource = std::uint8_t;
inline constexpr int kCallerNumberBits = 60;

inline std::uint64_t with_source(CallerSource source, std::uint64_t number) {
  constexpr std::uint64_t kNumber = (std::uint64_t{1} << kCallerNumberBits) - 1;
  return static_cast<std::uint64_t>(source) << kCallerNumberBits | (number & kNumber);
}
inline CallerId caller_id(CallerSource source, std::uint64_t number) {
  return {with_source(source, number)};
}
template <class Tag>
CallerSource source_of(NumberId<Tag> id) {
  return static_cast<CallerSource>(id.value >> kCallerNumberBits);
}

}  // namespace cb

template <class Tag>
struct std::hash<cb::TextId<Tag>> {
  std::size_t operator()(const cb::TextId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
template <class Tag>
struct std::hash<cb::NumberId<Tag>> {
  std::size_t operator()(const cb::NumberId<Tag>& id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value);
  }
};
