#pragma once
// Which client addresses may connect: the setting `allow`.

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cb::io {

class AllowList {
 public:
  // Allows everyone.
  AllowList() = default;

  // Networks such as "10.0.0.0/8" and "2001:db8::/32", or single addresses. An empty list allows
  // everyone. The error names the entry and what to write instead.
  static Result<AllowList> parse(const std::vector<std::string>& networks);

  // An IPv4 client that came through an IPv6 socket is judged by its IPv4 address.
  bool allows(const sockaddr_storage& client) const;
  bool empty() const { return networks_.empty(); }

 private:
  // IPv6, or IPv4 as ::ffff:a.b.c.d.
  using Bytes = std::array<std::uint8_t, 16>;
  struct Network {
    Bytes bytes;
    int prefix;  // bits, 0 to 128
  };
  static Result<Network> parse_network(std::string_view text);

  std::vector<Network> networks_;
};

}  // namespace cb::io
