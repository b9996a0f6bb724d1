#pragma once
// A small HTTP/1.1 server on 127.0.0.1 for tests: it answers what the test's function says, or
// misbehaves as told. Blocking sockets, one thread a connection.

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cb::io {

struct ReceivedRequest {
  std::string head;  // request line and headers, each ended by \r\n
  std::string body;
  int connection = 0;         // 0 for the first connection that was accepted
  int nth_on_connection = 0;  // 0 for its first request

  std::string line() const { return head.substr(0, head.find("\r\n")); }
  // The value of header `name` (as sent, case and all); "" when absent.
  std::string header(std::string_view name) const;
};

struct ServerReply {
  enum class Then { kKeepOpen, kClose, kSilence } then = Then::kKeepOpen;
  std::string bytes;  // sent as they are, before `then`
};
// A whole answer with its Content-Length.
ServerReply http_reply(int status, std::string_view body, std::string_view more_headers = "");
ServerReply hang_up();      // closes without a word
ServerReply stay_silent();  // keeps the connection and says nothing

class HttpTestServer {
 public:
  using Handler = std::function<ServerReply(const ReceivedRequest&)>;
  explicit HttpTestServer(Handler handler);
  ~HttpTestServer();
  HttpTestServer(const HttpTestServer&) = delete;
  HttpTestServer& operator=(const HttpTestServer&) = delete;

  std::string url() const;  // "http://127.0.0.1:PORT"
  std::vector<ReceivedRequest> received() const;

 private:
  void accept_all();
  void serve(int socket, int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::vector<ReceivedRequest> received_;  // under mutex_
  std::vector<int> sockets_;               // under mutex_
  std::list<std::thread> connections_;     // the acceptor's own until it has ended
  std::thread acceptor_;
};

// A port of 127.0.0.1 on which nothing listens.
int closed_port();

}  // namespace cb::io
