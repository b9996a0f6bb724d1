#include "io/net/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace cb::io {
namespace {

const sockaddr_in& v4(const Endpoint& e) {
  return reinterpret_cast<const sockaddr_in&>(e.address);
}
const sockaddr_in6& v6(const Endpoint& e) {
  return reinterpret_cast<const sockaddr_in6&>(e.address);
}

Endpoint v4_endpoint(const in_addr& host, std::uint16_t port) {
  Endpoint endpoint{{}, sizeof(sockaddr_in)};
  auto& address = reinterpret_cast<sockaddr_in&>(endpoint.address);
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr = host;
  return endpoint;
}

Endpoint v6_endpoint(const in6_addr& host, std::uint16_t port) {
  Endpoint endpoint{{}, sizeof(sockaddr_in6)};
  auto& address = reinterpret_cast<sockaddr_in6&>(endpoint.address);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = host;
  return endpoint;
}

Error cannot_listen(const Endpoint& endpoint, int error) {
  const char* advice = "choose another address in listen";
  if (error == EADDRINUSE) advice = "another program has this port; stop it or choose another";
  if (error == EACCES) advice = "ports below 1024 need a right; choose a higher one";
  if (error == EADDRNOTAVAIL) advice = "this machine has no such address; correct listen";
  return {str("cannot listen on ", to_string(endpoint), ": ", std::strerror(error), "; ", advice)};
}

void set(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const Error bad{str(text, " is not an address to listen on; write one such as 127.0.0.1:9000")};
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return bad;
  const auto port = parse_int(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return bad;
  const auto number = static_cast<std::uint16_t>(*port);
  std::string host(text.substr(0, colon));
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return v4_endpoint(four, number);
  if (!host.starts_with('[') || !host.ends_with(']')) return bad;
  host = host.substr(1, host.size() - 2);
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) == 1) return v6_endpoint(six, number);
  return bad;
}

std::string host_of(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool four = endpoint.address.ss_family == AF_INET;
  const void* host = four ? static_cast<const void*>(&v4(endpoint).sin_addr)
                          : static_cast<const void*>(&v6(endpoint).sin6_addr);
  ::inet_ntop(endpoint.address.ss_family, host, text.data(), text.size());
  return text.data();
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.address.ss_family == AF_INET) {
    return str(host_of(endpoint), ":", ntohs(v4(endpoint).sin_port));
  }
  return str("[", host_of(endpoint), "]:", ntohs(v6(endpoint).sin6_port));
}

bool is_loopback(const Endpoint& endpoint) {
  if (endpoint.address.ss_family == AF_INET) {
    return ntohl(v4(endpoint).sin_addr.s_addr) >> 24 == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&v6(endpoint).sin6_addr) != 0;
}

Result<UniqueFd> listen_on(const Endpoint& endpoint, int backlog) {
  const int family = endpoint.address.ss_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return cannot_listen(endpoint, errno);
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
  if (::bind(fd.get(), address, endpoint.size) != 0 || ::listen(fd.get(), backlog) != 0) {
    return cannot_listen(endpoint, errno);
  }
  return fd;
}

std::string peer_host(int fd) {
  Endpoint peer{{}, sizeof(sockaddr_storage)};
  auto* const address = reinterpret_cast<sockaddr*>(&peer.address);
  return ::getpeername(fd, address, &peer.size) == 0 ? host_of(peer) : "";
}

void give_up_silent_peers(int door, Duration limit) {
  constexpr int kProbes = 6;
  const auto whole_seconds = [](Duration time) {
    return std::max(1, static_cast<int>(time / seconds{1}));
  };
  set(door, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(door, IPPROTO_TCP, TCP_KEEPIDLE, whole_seconds(limit / 3));
  set(door, IPPROTO_TCP, TCP_KEEPINTVL, whole_seconds(limit * 2 / 3 / kProbes));
  set(door, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set(door, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(limit.count()));
  set(door, IPPROTO_TCP, TCP_NODELAY, 1);
}

Endpoint bound_to(int fd) {
  Endpoint endpoint{{}, sizeof(sockaddr_storage)};
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&endpoint.address), &endpoint.size);
  return endpoint;
}

}  // namespace cb::io
