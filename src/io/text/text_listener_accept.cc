// How clients come in: accepting, the allow-list, and the limits on connections and descriptors.

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "io/text/text_listener.h"

namespace cb::io {
namespace {

constexpr std::size_t kRefusedAtOnce = 64;   // connections that only get to read why not
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
  constexpr std::size_t kLeftAtLeast = kRefusedAtOnce + kReserved + kOwn;
  const std::size_t limit = descriptor_limit();
  return limit < 2 * kLeftAtLeast ? limit / 2 : limit - kLeftAtLeast;
}

Status TextListener::listen(const std::vector<std::string>& addresses) {
  std::vector<UniqueFd> doors;
  for (const std::string& address : addresses) {
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) return endpoint.error();
    auto door = listen_on(*endpoint, options_.backlog);
    if (!door) return door.error();
    give_up_silent_peers(door->get(), options_.client_gone_after);
    doors.push_back(*std::move(door));
  }
  doors_ = std::move(doors);
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, doors_[i].get(), &event);
  }
  return Done{};
}

std::vector<std::string> TextListener::addresses() const {
  std::vector<std::string> all;
  for (const UniqueFd& door : doors_) all.push_back(to_string(bound_to(door.get())));
  return all;
}

// Who has connected already is let in: closing the door would reset them.
void TextListener::stop_accepting() {
  now_ = clock_().boot;
  for (const UniqueFd& door : doors_) accept_from(door.get());
  doors_.clear();
  doors_open_at_.reset();
}

void TextListener::accept_from(int door) {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    Endpoint peer{{}, sizeof(sockaddr_storage)};
    UniqueFd fd(::accept4(door, reinterpret_cast<sockaddr*>(&peer.address), &peer.size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      admit(std::move(fd), peer);
    } else if (errno == EAGAIN) {
      told_no_descriptor_ = false;
      return;
    } else if (!of_the_client(errno)) {
      return pause_accepting(errno);
    }
  }
  more_at_doors_ = true;
}

void TextListener::admit(UniqueFd fd, const Endpoint& peer) {
  if (!options_.allow.allows(peer.address)) {
    return refuse(std::move(fd), str("ERROR: ", host_of(peer), " may not use this broker; add it ",
                                     "to allow in the broker's configuration"));
  }
  const std::size_t clients = connections_.size() - refused_;
  if (clients >= options_.max_connections) {
    say_once(told_full_, "listener.full",
             str(clients, " clients are connected (max_connections ", options_.max_connections,
                 "): refusing more; raise max_connections and the descriptor limit"));
    return refuse(std::move(fd), "ERROR: too many connections");
  }
  if (clients < options_.max_connections / 2) told_full_ = false;
  add(std::move(fd), wire::TextSession(options_.text, now_), false);
}

// An answer must not be destroyed by a reset, so refused clients are lingered for like others;
// beyond a number of them, only what has already arrived is read.
void TextListener::refuse(UniqueFd fd, const std::string& line) {
  if (refused_ < kRefusedAtOnce) {
    ++refused_;
    return add(std::move(fd), wire::TextSession::refusing(options_.text, now_, line), true);
  }
  const std::string text = line + '\n';
  ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(fd.get(), SHUT_WR);
  ::recv(fd.get(), scratch_.data(), scratch_.size(), 0);
}

// Its command is often here already: read at once.
void TextListener::add(UniqueFd fd, wire::TextSession session, bool refused) {
  TextConnection& connection = connections_.add(std::move(fd), std::move(session));
  connection.refused = refused;
  connection.watched = EPOLLIN;
  epoll_event event{};
  event.events = connection.watched;
  event.data.u64 = connection.id;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, connection.fd.get(), &event);
  read_from(connection);
  touch(connection);
}

// A door with a client behind it stays ready: without the pause the loop would spin.
void TextListener::pause_accepting(int error) {
  say_once(told_no_descriptor_, "listener.no_descriptor",
           str("cannot accept clients: ", std::strerror(error), "; raise the descriptor limit ",
               "(ulimit -n, LimitNOFILE) or lower max_connections"));
  doors_open_at_ = now_ + options_.accept_pause;
  watch_doors(0);
}

void TextListener::open_doors() {
  doors_open_at_.reset();
  watch_doors(EPOLLIN);
}

void TextListener::watch_doors(std::uint32_t events) {
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = i;
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, doors_[i].get(), &event);
  }
}

void TextListener::say_once(bool& said, const char* key, std::string text) {
  if (!std::exchange(said, true)) {
    log_.write({core::LogLevel::kAlert, key, std::move(text), key});
  }
}

}  // namespace cb::io
