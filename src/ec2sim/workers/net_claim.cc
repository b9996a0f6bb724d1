#include "ec2sim/workers/net_claim.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

// 127.0 has the machine's own services, so the first free one is looked for above.
constexpr int kFirst = 70;
constexpr int kLast = 254;

// A name in the kernel's abstract namespace belongs to one socket, and goes with it. -1: taken.
int hold(int net) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string text = str("compute-broker-ec2sim-127.", net);
  std::memcpy(name.sun_path + 1, text.data(), text.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  if (fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&name), size) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

}  // namespace

Result<NetClaim> NetClaim::claim(int net) {
  for (int n = net == 0 ? kFirst : net; n <= (net == 0 ? kLast : net); ++n) {
    if (const int fd = hold(n); fd >= 0) return NetClaim(n, fd);
  }
  return Error{net == 0 ? std::string("All of 127.70.0.0 to 127.254.0.0 are used by simulators.")
                        : str("127.", net,
                              ".0.0/16 is used by another simulator; choose another "
                              "--net, or none.")};
}

NetClaim::NetClaim(NetClaim&& other) noexcept
    : net_(other.net_), fd_(std::exchange(other.fd_, -1)) {}

NetClaim::~NetClaim() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace cb::ec2sim
