#include "io/net/acceptor.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace cb::io {
namespace {

constexpr std::size_t kReserved = 64;        // descriptors for EC2, the store and probes
constexpr std::size_t kOwn = 32;             // for logs, timers, and the doors themselves
constexpr std::size_t kLeftByDefault = 256;  // and a margin

std::size_t descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// Errors of a client that has gone already (accept(2) passes on those of the network, too). What
// else goes wrong, goes wrong again at once: lack of descriptors or of memory.
bool of_the_client(int error) {
  for (const int known : {ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENETUNREACH, EHOSTDOWN,
                          EHOSTUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, ETIMEDOUT}) {
    if (error == known) return true;
  }
  return false;
}

}  // namespace

std::size_t default_max_connections() {
  const std::size_t limit = descriptor_limit();
  return limit < 2 * kLeftByDefault ? limit / 2 : limit - kLeftByDefault;
}

std::size_t largest_max_connections() {
  constexpr std::size_t kLeftAtLeast = Acceptor::kRefusedAtOnce + kReserved + kOwn;
  const std::size_t limit = descriptor_limit();
  return limit < 2 * kLeftAtLeast ? limit / 2 : limit - kLeftAtLeast;
}

Acceptor::Acceptor(boost::asio::io_context& io, AcceptorOptions options, House& house,
                   port::LogSink& log)
    : io_(io), options_(std::move(options)), house_(house), log_(log), pause_(io) {
  if (options_.max_connections == 0) options_.max_connections = default_max_connections();
  options_.max_connections = std::min(options_.max_connections, largest_max_connections());
}

Status Acceptor::listen(const std::vector<std::string>& addresses) {
  std::vector<std::shared_ptr<Door>> doors;
  for (const std::string& address : addresses) {
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) return endpoint.error();
    auto fd = listen_on(*endpoint, options_.backlog);
    if (!fd) return fd.error();
    give_up_silent_peers(fd->get(), options_.client_gone_after);
    doors.push_back(std::make_shared<Door>(io_, fd->release()));
  }
  doors_ = std::move(doors);
  for (const auto& door : doors_) watch(door);
  return Done{};
}

std::vector<std::string> Acceptor::addresses() const {
  std::vector<std::string> all;
  for (const auto& door : doors_) all.push_back(to_string(bound_to(door->native_handle())));
  return all;
}

std::size_t Acceptor::waiting_max() const {
  return doors_.size() * static_cast<std::size_t>(options_.backlog);
}

void Acceptor::stop() {
  for (std::size_t turns = 1 + waiting_max() / kAcceptsATurn; turns != 0; --turns) {
    if (!accept_waiting()) break;
  }
  doors_.clear();
  pause_.cancel();
}

void Acceptor::watch(const std::shared_ptr<Door>& door) {
  const std::weak_ptr<Door> waiting = door;
  door->async_wait(Door::wait_read, [this, waiting](boost::system::error_code cancelled) {
    const auto open = waiting.lock();
    if (cancelled || !open || paused_) return;
    accept_from(*open);
    if (!paused_) watch(open);
  });
}

bool Acceptor::accept_waiting() {
  bool more = false;
  for (const auto& door : doors_) {
    if (!paused_ && accept_from(*door)) more = true;
  }
  return more;
}

bool Acceptor::accept_from(Door& door) {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    Endpoint peer{{}, sizeof(sockaddr_storage)};
    UniqueFd fd(::accept4(door.native_handle(), reinterpret_cast<sockaddr*>(&peer.address),
                          &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      admit(std::move(fd), peer);
    } else if (errno == EAGAIN) {
      told_no_descriptor_ = false;
      return false;
    } else if (!of_the_client(errno)) {
      pause(errno);
      return false;
    }
  }
  return true;
}

void Acceptor::admit(UniqueFd fd, const Endpoint& peer) {
  if (!options_.allow.allows(peer.address)) {
    return house_.refuse(std::move(fd), str(host_of(peer), " may not use this broker; add it to ",
                                            "allow in the broker's configuration"));
  }
  const std::size_t clients = house_.clients();
  if (clients >= options_.max_connections) {
    say_once(told_full_, "listener.full",
             str(clients, " clients are connected (max_connections ", options_.max_connections,
                 "): refusing more; raise max_connections and the descriptor limit"));
    return house_.refuse(std::move(fd), "too many connections");
  }
  if (clients < options_.max_connections / 2) told_full_ = false;
  house_.admit(std::move(fd));
}

// A door with a client behind it stays ready: without the pause the loop would spin.
void Acceptor::pause(int error) {
  say_once(told_no_descriptor_, "listener.no_descriptor",
           str("cannot accept clients: ", std::strerror(error), "; raise the descriptor limit ",
               "(ulimit -n, LimitNOFILE) or lower max_connections"));
  paused_ = true;
  for (const auto& door : doors_) door->cancel();
  pause_.expires_after(options_.accept_pause);
  pause_.async_wait([this](boost::system::error_code cancelled) {
    paused_ = false;
    if (cancelled) return;
    for (const auto& door : doors_) watch(door);
  });
}

void Acceptor::say_once(bool& said, const char* key, std::string text) {
  if (!std::exchange(said, true)) {
    log_.write({core::LogLevel::kAlert, key, std::move(text), key});
  }
}

}  // namespace cb::io
