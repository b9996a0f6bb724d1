#pragma once
// HTTPS to AWS: libcurl in a thread of its own. Nothing here repeats a request; TLS certificates
// are always verified; redirects are never followed. A request goes through a proxy only where it
// says so (io/net/http_proxy.h); the environment is not looked at.

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace cb::io {

struct HttpRequest {
  std::string method = "POST";  // GET, POST or PUT
  std::string url;              // http or https
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration connect_limit = seconds{3};  // name, TCP and TLS together
  Duration total_limit = seconds{20};   // until the last byte of the answer
  // A connection that nobody used before and nobody will after. Needed where a request must not be
  // sent twice: libcurl sends a POST again when a reused connection turns out to be dead.
  bool own_connection = false;
  std::size_t answer_bytes_max = 64 * 1024 * 1024;  // more is kNoAnswer, "answer too large"
  std::string ca_file;                              // empty: the system's
  std::string proxy;                                // URL; empty: none
  std::string proxy_ca_file, proxy_client_cert;     // for an https proxy; empty: the system's, none
};

struct HttpAnswer {
  enum class End {
    kAnswered,  // `status`, `body`, `date` are set
    kNotSent,   // no byte of the request reached its host: it did not happen
    kNoAnswer,  // it may or may not have happened
  };
  End end = End::kNotSent;
  int status = 0;
  std::string date;  // the header Date, as it came
  std::string body;
  std::string code;  // "timeout", "connect", "dns", "tls", "proxy", "reset"; empty when answered
  std::string why;   // one sentence with the host; empty when answered
};

// One request, done by the calling thread, which blocks for `total_limit` at most.
HttpAnswer http_once(const HttpRequest& request);

class HttpClient {
 public:
  using Callback = std::function<void(HttpAnswer)>;

  // Callbacks run on `context`, which must outlive this. Idle connections are kept for reuse.
  explicit HttpClient(boost::asio::io_context& context);
  // Abandons what is under way without calling back. Answers already posted to `context` still
  // run: a callback must not assume that its owner lives.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // From any thread; never blocks. `done` is called exactly once, within total_limit.
  void send(HttpRequest request, Callback done);

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

// "Mon, 23 Nov 2026 10:00:00 GMT". Empty when `text` is anything else.
std::optional<WallTime> parse_http_date(std::string_view text);

}  // namespace cb::io
