#pragma once
// For tests of listeners: clients with real sockets in the same thread as the broker's loop, and a
// broker that is a script. Nothing here waits without a limit.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/clock/clock.h"
#include "io/loop/loop.h"
#include "io/loop/loop_test_kit.h"
#include "io/net/listen_socket.h"
#include "io/text/text_listener.h"
#include "port/ports.h"

namespace cb::io {

// Connects, sends at once, and never blocks.
class TestClient {
 public:
  explicit TestClient(const std::string& address, const std::string& bytes = {}) {
    const Endpoint to = *parse_endpoint(address);
    fd_ = UniqueFd(::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size), 0);
    if (!bytes.empty()) send(bytes);
  }
  // How many bytes the socket took.
  std::size_t send(const std::string& bytes) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }
  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }
  // What has come so far.
  const std::string& read() {
    char buffer[4096];
    for (ssize_t n; !ended_ && !was_reset_;) {
      n = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (n < 0 && errno == EAGAIN) break;
      if (n > 0) read_.append(buffer, static_cast<std::size_t>(n));
      ended_ = n == 0;
      was_reset_ = n < 0;
    }
    return read_;
  }
  bool ended() {
    read();
    return ended_;
  }
  bool was_reset() {
    read();
    return was_reset_;
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string read_;
  bool ended_ = false;
  bool was_reset_ = false;
};

// The broker, in the driver's place: `on_asked` may answer at once.
struct ScriptedBroker : port::LogSink {
  void post(core::Event event) { events.push_back(std::move(event)); }
  bool has_work() const { return !events.empty(); }
  static std::optional<Instant> next_deadline() { return {}; }
  void write(const core::Log& line) override { logged.push_back(line); }

  void run(Now) {
    const std::vector<core::Event> batch = std::exchange(events, {});
    for (const core::Event& event : batch) {
      if (const auto* a = std::get_if<core::Asked>(&event)) {
        asked.push_back(*a);
        if (on_asked) on_asked(*a);
      } else if (const auto* g = std::get_if<core::CallerGone>(&event)) {
        gone.push_back(g->caller);
      } else if (const auto* l = std::get_if<core::ConnectionLost>(&event)) {
        lost.push_back(l->connection);
      }
    }
  }

  std::vector<core::Event> events;
  std::vector<core::Asked> asked;
  std::vector<CallerId> gone;
  std::vector<ConnectionId> lost;
  std::vector<core::Log> logged;
  std::function<void(const core::Asked&)> on_asked;
};

// Lets this process have `count` descriptors; false where the system does not allow it.
inline bool have_descriptors(rlim_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

class TextListenerTest : public ::testing::Test {
 protected:
  // Called by the first start(); a test may change `options` before it.
  void start() {
    loop.drive(broker);
    listener.emplace(io, options, now, loop, broker);
    const auto listening = listener->doors().listen({"127.0.0.1:0"});
    ASSERT_TRUE(listening) << listening.error().what;
    address = listener->doors().addresses().front();
  }
  void answer_everything() {
    broker.on_asked = [this](const core::Asked& asked) {
      listener->reply(asked.caller, std::holds_alternative<core::GetWorker>(asked.request)
                                        ? core::Answer{core::WorkerAddress{"198.51.100.7"}}
                                        : core::Answer{core::Ok{}});
    };
  }
  // Runs the loop until `condition` holds; false when it does not within 20 s.
  bool run_until(const std::function<bool()>& condition) { return io::run_until(io, condition); }
  // Lets everything happen that is due now.
  void run_what_is_ready() {
    while (io.poll() != 0) {
    }
  }
  std::string ask(const std::string& bytes) {
    TestClient client(address, bytes);
    EXPECT_TRUE(run_until([&] { return client.ended() || client.was_reset(); })) << bytes;
    EXPECT_FALSE(client.was_reset()) << bytes;
    return client.read();
  }

  boost::asio::io_context io{1};
  ScriptedBroker broker;
  Loop<ScriptedBroker> loop{io};
  TextListenerOptions options;
  std::optional<TextListener> listener;
  std::string address;
};

}  // namespace cb::io
