#pragma once
// The text protocol's sockets: accepts clients, feeds their sessions (wire/text_session.h), puts
// their requests to the broker and writes its answers. One thread, that of the io_context; it uses
// epoll itself, because a waiting client shall cost a few hundred bytes and no handler.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "io/clock/deadline_heap.h"
#include "io/text/allow_list.h"
#include "io/text/listen_socket.h"
#include "io/text/text_connections.h"
#include "port/ports.h"
#include "wire/text_session.h"

struct epoll_event;

namespace cb::io {

struct TextListenerOptions {
  wire::TextOptions text;
  // Clients at once; 0: default_max_connections(). Held to largest_max_connections().
  std::size_t max_connections = 0;
  // What the buffers of all clients together may hold. Beyond it, whoever holds more than a modest
  // part (who does not read its answers, or sends far ahead of them) is closed.
  std::size_t client_memory_mib = 64;
  AllowList allow;
  // A client whose network is gone is given up after about so long.
  Duration client_gone_after = seconds{90};
  int backlog = 4096;                         // the kernel holds it to net.core.somaxconn
  Duration accept_pause = milliseconds{100};  // when no descriptor is left
};

// The process's descriptor limit less 256, or half of a small limit.
std::size_t default_max_connections();
// What leaves 64 descriptors for EC2, the store and probes, 64 for clients that are being refused,
// and 32 for the process itself.
std::size_t largest_max_connections();

class TextListener : public port::Replies {
 public:
  static constexpr int kAcceptsATurn = 128;  // then those who are already in are served

  // All references outlive the listener, and the listener outlives the io_context's last handler.
  TextListener(boost::asio::io_context& io, TextListenerOptions options, std::function<Now()> clock,
               port::EventSink& sink, port::LogSink& log);
  ~TextListener() override;

  // Listens on all of them ("127.0.0.1:9000", "[::]:9000"), or on none and says why.
  Status listen(const std::vector<std::string>& addresses);
  // Where it listens, with the real ports.
  std::vector<std::string> addresses() const;
  // For clients that connect from now on.
  void set_allow(AllowList allow) { options_.allow = std::move(allow); }

  void reply(CallerId caller, const core::Answer& answer) override;
  void tell(CallerId caller, const core::Progress& progress) override;

  // Takes in all that has come by now, whatever the number of clients: before anything is decided
  // that only their silence allows.
  void read_what_waits();

  // Stopping, first step: new clients are refused by the kernel, the others are served.
  void stop_accepting();
  // Stopping, last step: who still waits gets an ERROR line; when every connection is closed, or
  // `limit` has passed and the rest was cut, `done` is called once, from the io_context.
  void finish(Duration limit, std::function<void()> done);

  std::size_t connections() const { return connections_.size(); }
  // By the buffers of all clients; at most client_memory_mib and a modest part (4 KiB) of each.
  std::size_t bytes_held() const { return held_; }

 private:
  void watch_epoll();
  bool turn();
  void end_turn();
  void handle(const epoll_event& event);
  void expire();
  void arm_timer();

  void accept_from(int door);
  void admit(UniqueFd fd, const Endpoint& peer);
  void refuse(UniqueFd fd, const std::string& line);
  void pause_accepting(int error);
  void open_doors();
  void watch_doors(std::uint32_t events);
  void say_once(bool& said, const char* key, std::string text);

  void add(UniqueFd fd, wire::TextSession session, bool refused);
  void read_from(TextConnection& connection);
  void write_to(TextConnection& connection);
  static core::Origin origin_of(const TextConnection& connection, const core::Request& request);
  void take(TextConnection& connection, wire::TextSession::Asked asked);
  void touch(TextConnection& connection);
  void settle(TextConnection& connection);
  void settle_touched();
  bool within_memory(TextConnection& connection);
  void watch(TextConnection& connection);
  void close(TextConnection& connection);
  void finish_if_empty();

  boost::asio::io_context& io_;
  TextListenerOptions options_;
  std::function<Now()> clock_;
  port::EventSink& sink_;
  port::LogSink& log_;

  boost::asio::posix::stream_descriptor epoll_;  // owns the epoll descriptor
  boost::asio::steady_timer timer_;
  std::optional<Instant> timer_at_;
  std::vector<UniqueFd> doors_;
  std::optional<Instant> doors_open_at_;  // accepting is paused until then
  bool told_full_ = false;
  bool told_no_descriptor_ = false;
  bool told_memory_ = false;

  TextConnections connections_;
  std::size_t refused_ = 0;  // of connections_
  std::size_t held_ = 0;     // bytes, by all of them
  DeadlineHeap deadlines_;   // by slot
  std::vector<std::uint32_t> touched_;
  std::vector<char> scratch_;
  Instant now_;  // of this turn
  bool in_turn_ = false;
  bool more_at_doors_ = false;
  bool turn_wanted_ = false;

  bool finishing_ = false;
  std::function<void()> done_;
  boost::asio::steady_timer finish_timer_;
};

}  // namespace cb::io
