#pragma once
// Where a listener listens: "127.0.0.1:9000", "0.0.0.0:9000", "[::]:9000".

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "io/net/unique_fd.h"

namespace cb::io {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// A numeric address and a port from 0 (any free one) to 65535; IPv6 in brackets. Names are not
// looked up: what a name stands for may change, and a listener must not follow it.
Result<Endpoint> parse_endpoint(std::string_view text);
// "127.0.0.1:9000".
std::string to_string(const Endpoint& endpoint);
// Without the port: "127.0.0.1".
std::string host_of(const Endpoint& endpoint);
// Reachable from this machine only.
bool is_loopback(const Endpoint& endpoint);

// A bound, listening, non-blocking socket. IPv6 sockets take IPv6 only: list both addresses where
// both are wanted. The error names the address and what to do.
Result<UniqueFd> listen_on(const Endpoint& endpoint, int backlog);
// A client of this door whose network is gone is noticed within about `limit`: by probes while
// nothing is said, and by the lack of acknowledgements while something is. Connections inherit it
// from the door, which costs them no call; with it that answers do not wait for one another.
void give_up_silent_peers(int door, Duration limit);
// Where `fd` is bound.
Endpoint bound_to(int fd);
// Who is at the other end of `fd`, without the port; empty when nobody is any more.
std::string peer_host(int fd);

}  // namespace cb::io
