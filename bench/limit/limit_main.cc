// The machine's own limit: one thread, one epoll, no decisions. Accepts, reads a line, writes a
// fixed one and closes. What a broker on this machine can at best be measured against.
//
//   bench-limit PORT [ANSWER]

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kBacklog = 4096;
constexpr int kEvents = 256;

int listening(int port) {
  const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(door, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(door, kBacklog) != 0) {
    std::perror("bench-limit: listening");
    std::exit(1);
  }
  return door;
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void answer_and_close(int fd, const std::string& answer) {
  std::array<char, 1024> line;
  if (::recv(fd, line.data(), line.size(), 0) > 0) {
    ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fputs("usage: bench-limit PORT [ANSWER]\n", stderr), 2;
  const int door = listening(std::atoi(argv[1]));
  const std::string answer = std::string(argc > 2 ? argv[2] : "198.51.100.7") + '\n';
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, door);
  for (std::array<epoll_event, kEvents> events;;) {
    const int count = ::epoll_wait(epoll, events.data(), kEvents, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd != door) {
        answer_and_close(fd, answer);
        continue;
      }
      for (int client; (client = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
        watch(epoll, client);
      }
    }
  }
}
