#pragma once
// A client's side of the text protocol: blocking sockets with time limits. Throws Failure; not
// thread-safe.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/failure.h"
#include "base/result.h"
#include "base/time.h"
#include "io/net/unique_fd.h"

namespace cb::app {

using Deadline = std::chrono::steady_clock::time_point;
Deadline after(Duration limit);

// Where a broker is: "host:port", "host" (port 9000), "[::1]:9000".
struct BrokerAddress {
  std::string host;
  std::string port;
  std::string text() const;
};
Result<BrokerAddress> parse_broker_address(std::string_view text);

// How to reach a broker, from the command line.
struct BrokerOptions {
  std::string broker = "127.0.0.1:9000";
  Duration connect_timeout = seconds{5};
  Duration answer_timeout = seconds{30};  // of every command but get
};

// The same for what must not keep a person waiting who waits for something else: 3 s at most for
// each step.
BrokerOptions in_haste(BrokerOptions options);

// One connection.
class BrokerClient {
 public:
  // Tries every address of the host. Fails with kUnreachable, or kUsage for a bad address.
  explicit BrokerClient(const BrokerOptions& options);

  // `line` without newline. Fails with kUnreachable.
  void send(std::string_view line);
  // The next line, without newline. Empty at `deadline`. Fails with kUnreachable when the broker
  // hung up before the line's end.
  std::optional<std::string> read_line(Deadline deadline);

 private:
  Failure hung_up(const std::string& how) const;

  std::string broker_;
  io::UniqueFd fd_;
  std::string input_;
};

// One command of protocol 1 and its answer. Fails with kRefused (and the broker's sentence) when
// the answer is an ERROR line, and with kTimedOut.
std::string ask_broker(const BrokerOptions& options, const std::string& command);

// A line of one connection that has said HELLO: the answer to `command`, past what comes between
// answers; `tell` hears each NOTICE. Fails as ask_broker() does.
std::string ask_on(BrokerClient& client, const BrokerOptions& options, const std::string& command,
                   const std::function<void(const std::string& notice)>& tell);

struct WorkerWanted {
  Duration wait = minutes{10};
  std::string client;              // a name for the broker's log
  std::string pool;                // empty: the broker chooses
  int cores = 0;                   // 0: any
  std::string type{};              // of its machine; empty: any
  std::string region{};            // empty: any
  std::string market{};            // "spot", "on-demand"; empty: either
  int count = 1;                   // so many workers, or none
  bool alone = false;              // with nobody else on it
  bool leased = false;             // with a lease, where the broker gives any
  std::optional<Duration> hold{};  // a lease for so long, whatever becomes of the connection
};
struct WorkersGiven {
  struct One {
    std::string address;
    std::string lease;  // empty: none
  };
  std::vector<One> workers;                     // as many as were asked for
  std::optional<BrokerClient> connection = {};  // to which the leases are bound; unset: none is
};
// Asks for workers and waits for them, up to `wait`; `tell` is called with each phase the broker
// names, and about once a second with an empty text. A broker that does not know the protocol is
// asked with an older one, of which 2 has no leases and 1 no pools. Fails as ask_broker() does, and
// where what was asked for is what the older protocol has not.
using TellPhase = std::function<void(const std::string& phase)>;
WorkersGiven get_workers(const BrokerOptions& options, const WorkerWanted& wanted,
                         const TellPhase& tell);

}  // namespace cb::app
