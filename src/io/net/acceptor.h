#pragma once
// How clients come in by TCP: listening sockets, the allow-list, and the limits on connections and
// descriptors. What a client says afterwards is its house's affair. One thread, that of the
// io_context.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "io/net/allow_list.h"
#include "io/net/listen_socket.h"
#include "io/net/unique_fd.h"
#include "port/ports.h"

namespace cb::io {

struct AcceptorOptions {
  // Clients at once; 0: default_max_connections(). Held to largest_max_connections().
  std::size_t max_connections = 0;
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

class Acceptor {
 public:
  static constexpr int kAcceptsATurn = 128;  // then those who are already in are served
  // Connections that a house may keep open only to tell them why not: descriptors are left for
  // them.
  static constexpr std::size_t kRefusedAtOnce = 64;

  // Whose doors these are. Called on the io_context's thread, from a handler or accept_waiting().
  class House {
   public:
    virtual ~House() = default;
    // Who is in, those who are being refused not counted.
    virtual std::size_t clients() const = 0;
    // The connection is the house's, non-blocking, and may have bytes waiting.
    virtual void admit(UniqueFd fd) = 0;
    // It may tell the client `why`, a sentence, and must close the connection soon.
    virtual void refuse(UniqueFd fd, const std::string& why) = 0;
  };

  // `house` and `log` outlive it, and it outlives the io_context's last handler.
  Acceptor(boost::asio::io_context& io, AcceptorOptions options, House& house, port::LogSink& log);

  // Listens on all of them ("127.0.0.1:9000", "[::]:9000"), or on none and says why.
  Status listen(const std::vector<std::string>& addresses);
  // Where it listens, with the real ports.
  std::vector<std::string> addresses() const;
  // For clients that connect from now on.
  void set_allow(AllowList allow) { options_.allow = std::move(allow); }

  // Takes in some of those who have connected by now. Whether more may be waiting: ask again.
  bool accept_waiting();
  // How many can be waiting, at all doors together.
  std::size_t waiting_max() const;
  // Closes the doors. Who has connected already is let in: to close would reset them.
  void stop();

 private:
  using Door = boost::asio::posix::stream_descriptor;  // owns the socket, waits for clients
  void watch(const std::shared_ptr<Door>& door);
  bool accept_from(Door& door);
  void admit(UniqueFd fd, const Endpoint& peer);
  void pause(int error);
  void say_once(bool& said, const char* key, std::string text);

  boost::asio::io_context& io_;
  AcceptorOptions options_;
  House& house_;
  port::LogSink& log_;
  std::vector<std::shared_ptr<Door>> doors_;
  boost::asio::steady_timer pause_;
  bool paused_ = false;
  bool told_full_ = false;
  bool told_no_descriptor_ = false;
};

}  // namespace cb::io
