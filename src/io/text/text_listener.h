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
#include "io/net/acceptor.h"
#include "io/text/text_connections.h"
#include "port/ports.h"
#include "wire/text_session.h"

struct epoll_event;

namespace cb::io {

struct TextListenerOptions {
  wire::TextOptions text;
  AcceptorOptions doors;
  // What the buffers of all clients together may hold. Beyond it, whoever holds more than a modest
  // part (who does not read its answers, or sends far ahead of them) is closed.
  std::size_t client_memory_mib = 64;
  // In the callers' numbers; each listener of a broker has its own.
  CallerSource source = 0;
};

class TextListener : public port::Replies, private Acceptor::House {
 public:
  // All references outlive the listener, and the listener outlives the io_context's last handler.
  TextListener(boost::asio::io_context& io, TextListenerOptions options, std::function<Now()> clock,
               port::EventSink& sink, port::LogSink& log);
  ~TextListener() override;

  // Where clients come in: where it listens, and who may.
  Acceptor& doors() { return acceptor_; }
  const Acceptor& doors() const { return acceptor_; }

  void reply(CallerId caller, const core::Answer& answer) override;
  void tell(CallerId caller, const core::Progress& progress) override;
  void notify(ConnectionId connection, const core::Notice& notice) override;

  // Takes in all that has come by now, whatever the number of clients: before anything is decided
  // that only their silence allows.
  void read_what_waits();

  // Stopping, after doors().stop(): who still waits gets an ERROR line; when every connection is
  // closed, or `limit` has passed and the rest was cut, `done` is called once, from the io_context.
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

  std::size_t clients() const override { return connections_.size() - refused_; }
  void admit(UniqueFd fd) override;
  void refuse(UniqueFd fd, const std::string& why) override;
  void add(UniqueFd fd, wire::TextSession session, bool refused);
  void see_the_time();
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
  Acceptor acceptor_;
  bool told_memory_ = false;

  TextConnections connections_;
  std::size_t refused_ = 0;  // of connections_
  std::size_t held_ = 0;     // bytes, by all of them
  DeadlineHeap deadlines_;   // by slot
  std::vector<std::uint32_t> touched_;
  std::vector<char> scratch_;
  Instant now_;  // of this turn
  bool in_turn_ = false;
  bool turn_wanted_ = false;

  bool finishing_ = false;
  std::function<void()> done_;
  boost::asio::steady_timer finish_timer_;
};

}  // namespace cb::io
