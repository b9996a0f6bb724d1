#include "io/net/stream.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/net/listen_socket.h"

namespace cb::io {
namespace {

Stream::Result failed() {
  const bool later = errno == EAGAIN || errno == EINTR;
  return {later ? Stream::Outcome::kLater : Stream::Outcome::kBroken};
}

}  // namespace

Stream::Result Stream::read(std::span<char> into) {
  const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
  if (got < 0) return failed();
  if (got == 0) return {Outcome::kEnd};
  return {Outcome::kDone, static_cast<std::size_t>(got)};
}

Stream::Result Stream::write(std::string_view bytes, bool last) {
  const int flags = MSG_NOSIGNAL | (last ? MSG_MORE : 0);
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), flags);
  if (sent < 0) return failed();
  return {Outcome::kDone, static_cast<std::size_t>(sent)};
}

void Stream::shut() {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::uint32_t Stream::polled(bool read, bool write) {
  return (read ? EPOLLIN : 0U) | (write ? EPOLLOUT : 0U);
}

std::string Stream::peer() const {
  return peer_host(fd_.get());
}

}  // namespace cb::io
