#include "bench/load/crowd.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <stdexcept>

namespace cb::bench {
namespace {

constexpr int kEvents = 256;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::uint32_t kFirstSource = 0x7F010001;  // 127.1.0.1

std::uint32_t share_begin(std::uint32_t all, std::uint32_t shares, std::uint32_t share) {
  return static_cast<std::uint32_t>(std::uint64_t{all} * share / shares);
}

std::int64_t in_ns(double seconds) {
  return std::llround(seconds * static_cast<double>(kSecond));
}

}  // namespace

Crowd::Crowd(const Options& options, std::uint32_t share, Tally& tally)
    : options_(options),
      tally_(tally),
      first_(share_begin(options.clients, options.processes, share)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  clients_.resize(share_begin(options.clients, options.processes, share + 1) - first_);
  for (std::uint32_t i = 0; i < (options.kept ? options.depth : 1); ++i) {
    batch_ += options.line + '\n';
  }
  to_.sin_family = AF_INET;
  to_.sin_port = htons(options.port);
  if (::inet_pton(AF_INET, options.host.c_str(), &to_.sin_addr) != 1) {
    throw std::runtime_error(options.host + " is not an IPv4 address");
  }
  if (options.rate > 0) arrival_gap_ = in_ns(options.processes / options.rate);
}

Crowd::~Crowd() {
  for (Client& client : clients_) hang_up(client);
  ::close(epoll_);
}

void Crowd::run() {
  now_ = next_arrival_ = mono_ns();
  measure_from_ = now_ + in_ns(options_.warmup);
  end_ = measure_from_ + in_ns(options_.seconds);
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    if (arrival_gap_ != 0) {
      free_.push_back(i);
    } else {
      now_ = mono_ns();
      begin(clients_[i], now_);
    }
  }
  std::array<epoll_event, kEvents> events;
  while (now_ < end_ && done_ < clients_.size()) {
    if (arrival_gap_ != 0) follow_timetable();
    const std::int64_t pause = std::max<std::int64_t>(0, wait_until() - now_);
    const timespec timeout{pause / kSecond, pause % kSecond};
    const int count = ::epoll_pwait2(epoll_, events.data(), kEvents, &timeout, nullptr);
    now_ = mono_ns();
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Client& client = clients_[event.data.u32];
      if (client.state == State::kConnecting) {
        connected(client);
      } else {
        readable(client);
      }
    }
  }
  close_books();
}

std::int64_t Crowd::wait_until() const {
  return free_.empty() ? end_ : std::min(end_, next_arrival_);
}

// An arrival that finds no free client is served late, and its latency says so.
void Crowd::follow_timetable() {
  for (; next_arrival_ <= now_ && !free_.empty(); next_arrival_ += arrival_gap_) {
    Client& client = clients_[free_.back()];
    free_.pop_back();
    begin(client, next_arrival_);
  }
}

void Crowd::begin(Client& client, std::int64_t intended) {
  client.start = intended;
  tally_.first_start = std::min(tally_.first_start, intended);
  if (client.fd < 0) return connect(client);
  client.state = State::kAsking;
  send(client);
}

void Crowd::connect(Client& client) {
  client.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.fd < 0) throw std::runtime_error("no descriptor left: use more processes");
  const int on = 1;
  const auto index = static_cast<std::uint32_t>(&client - clients_.data());
  if (options_.kept) ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (options_.sources > 1) {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(kFirstSource + (first_ + index) % options_.sources);
    ::setsockopt(client.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    ::bind(client.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
  client.state = State::kConnecting;
  if (::connect(client.fd, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) != 0 &&
      errno != EINPROGRESS) {
    return failed(client, "connect");
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u32 = index;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
}

void Crowd::connected(Client& client) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return failed(client, "connect");
  if (options_.kept && !options_.hello.empty()) {
    client.state = State::kGreeting;
    const std::string hello = options_.hello + '\n';
    if (::send(client.fd, hello.data(), hello.size(), MSG_NOSIGNAL) < 0) failed(client, "send");
    return;
  }
  client.state = State::kAsking;
  send(client);
}

void Crowd::send(Client& client) {
  client.open = options_.kept ? options_.depth : 1;
  const ssize_t sent = ::send(client.fd, batch_.data(), batch_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(batch_.size())) return failed(client, "send");
  if (!client.asked) tally_.asked.fetch_add(1, std::memory_order_relaxed);
  client.asked = true;
}

void Crowd::readable(Client& client) {
  if (client.fd < 0) return;
  std::array<char, 16 * 1024> bytes;
  const ssize_t got = ::recv(client.fd, bytes.data(), bytes.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return failed(client, got == 0 ? "closed without an answer" : "reset");
  const std::string whole = client.rest + std::string(bytes.data(), static_cast<std::size_t>(got));
  std::string_view left = whole;
  for (std::size_t at; client.fd >= 0 && (at = left.find('\n')) != left.npos;) {
    line(client, left.substr(0, at));
    left.remove_prefix(at + 1);
  }
  if (client.fd >= 0) client.rest = left;
}

void Crowd::line(Client& client, std::string_view text) {
  if (client.state == State::kGreeting) {
    client.state = State::kAsking;
    return send(client);
  }
  if (text.starts_with("# ") || client.open == 0) return;
  --client.open;
  ++client.answers;
  tally_.first_answer = std::min(tally_.first_answer, now_);
  tally_.last_answer = now_;
  if (text.starts_with("ERROR") || text.starts_with("-")) {
    ++tally_.errors;
    tally_.failed.note(text);
  } else if (now_ >= measure_from_) {
    ++tally_.answers;
    tally_.latency.record(now_ - client.start);
    tally_.answered.note(text);
  }
  if (client.open == 0) finished(client);
}

void Crowd::finished(Client& client) {
  if (!options_.kept) hang_up(client);
  if (options_.answers_each != 0 && client.answers >= options_.answers_each) {
    client.state = State::kDone;
    ++done_;
    return;
  }
  free_again(client);
}

void Crowd::failed(Client& client, const char* what) {
  ++tally_.errors;
  tally_.failed.note(what);
  hang_up(client);
  free_again(client);
}

void Crowd::free_again(Client& client) {
  client.state = State::kFree;
  client.open = 0;
  if (arrival_gap_ != 0) {
    free_.push_back(static_cast<std::uint32_t>(&client - clients_.data()));
  } else if (now_ < end_) {
    begin(client, now_);
  }
}

void Crowd::hang_up(Client& client) {
  if (client.fd >= 0) ::close(client.fd);
  client.fd = -1;
  client.rest.clear();
}

void Crowd::close_books() {
  for (const Client& client : clients_) {
    tally_.least = std::min(tally_.least, client.answers);
    tally_.most = std::max(tally_.most, client.answers);
    if (client.state == State::kFree || client.state == State::kDone) continue;
    ++tally_.unfinished;
    tally_.oldest_unfinished = std::max(tally_.oldest_unfinished, now_ - client.start);
  }
}

}  // namespace cb::bench
