#include "io/net/allow_list.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace cb::io {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

Bytes mapped(const in_addr& v4) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(&bytes[12], &v4, sizeof v4);
  return bytes;
}

// `bytes` with everything beyond the first `prefix` bits cleared.
Bytes masked(Bytes bytes, int prefix) {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix - 8 * i, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return bytes;
}

}  // namespace

Result<AllowList::Network> AllowList::parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  in_addr v4{};
  Network network{};
  const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &v4) == 1;
  if (is_v4) network.bytes = mapped(v4);
  if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), network.bytes.data()) != 1) {
    return Error{str(text, " is not a network; write one such as 192.168.1.0/24")};
  }
  const int bits = is_v4 ? 32 : 128;
  const auto prefix = slash == text.npos ? bits : parse_int(text.substr(slash + 1)).value_or(-1);
  if (prefix < 0 || prefix > bits) {
    return Error{str(text, ": the part after / is a number of bits from 0 to ", bits)};
  }
  network.prefix = static_cast<int>(prefix) + 128 - bits;
  if (masked(network.bytes, network.prefix) != network.bytes) {
    return Error{str(text, " has bits set beyond its first ", prefix,
                     "; write the network's own address, or the client's without /")};
  }
  return network;
}

Result<AllowList> AllowList::parse(const std::vector<std::string>& networks) {
  AllowList list;
  for (const std::string& text : networks) {
    auto network = parse_network(text);
    if (!network) return network.error();
    list.networks_.push_back(*network);
  }
  return list;
}

bool AllowList::allows(const sockaddr_storage& client) const {
  if (networks_.empty()) return true;
  Bytes bytes{};
  if (client.ss_family == AF_INET) {
    bytes = mapped(reinterpret_cast<const sockaddr_in&>(client).sin_addr);
  } else if (client.ss_family == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(client).sin6_addr, 16);
  } else {
    return false;
  }
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return masked(bytes, network.prefix) == network.bytes;
  });
}

}  // namespace cb::io
