#include "io/net/http_test_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/text.h"

namespace cb::io {
namespace {

int bound_socket(int& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port = ntohs(address.sin_port);
  return fd;
}

// Reads until `buffer` holds `size` bytes at least; false at the end of the connection.
bool read_up_to(int fd, std::string& buffer, std::size_t size) {
  while (buffer.size() < size) {
    char part[4096];
    const ssize_t n = recv(fd, part, sizeof part, 0);
    if (n <= 0) return false;
    buffer.append(part, static_cast<std::size_t>(n));
  }
  return true;
}

bool read_request(int fd, std::string& buffer, ReceivedRequest& out) {
  std::size_t end;
  while ((end = buffer.find("\r\n\r\n")) == buffer.npos) {
    if (!read_up_to(fd, buffer, buffer.size() + 1)) return false;
  }
  out.head = buffer.substr(0, end + 2);
  const auto length =
      static_cast<std::size_t>(parse_int(trim(out.header("Content-Length"))).value_or(0));
  if (!read_up_to(fd, buffer, end + 4 + length)) return false;
  out.body = buffer.substr(end + 4, length);
  buffer.erase(0, end + 4 + length);
  return true;
}

}  // namespace

std::string ReceivedRequest::header(std::string_view name) const {
  const std::string start = str("\r\n", name, ':');
  const auto at = head.find(start);
  if (at == head.npos) return {};
  const auto from = at + start.size();
  return std::string(trim(std::string_view(head).substr(from, head.find("\r\n", from) - from)));
}

ServerReply http_reply(int status, std::string_view body, std::string_view more_headers) {
  return {ServerReply::Then::kKeepOpen, str("HTTP/1.1 ", status, " X\r\nContent-Length: ",
                                            body.size(), "\r\n", more_headers, "\r\n", body)};
}
ServerReply hang_up() {
  return {ServerReply::Then::kClose, {}};
}
ServerReply stay_silent() {
  return {ServerReply::Then::kSilence, {}};
}

HttpTestServer::HttpTestServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = bound_socket(port_);
  CHECK(listen(listener_, 64) == 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpTestServer::~HttpTestServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (int fd : sockets_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& connection : connections_) connection.join();
  for (int fd : sockets_) close(fd);
  close(listener_);
}

std::string HttpTestServer::url() const {
  return str("http://127.0.0.1:", port_);
}

std::vector<ReceivedRequest> HttpTestServer::received() const {
  std::lock_guard lock(mutex_);
  return received_;
}

void HttpTestServer::accept_all() {
  for (int connection = 0;; ++connection) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    {
      std::lock_guard lock(mutex_);
      sockets_.push_back(fd);
    }
    connections_.emplace_back([this, fd, connection] { serve(fd, connection); });
  }
}

void HttpTestServer::serve(int socket, int connection) {
  std::string buffer;
  ReceivedRequest request;
  request.connection = connection;
  for (; read_request(socket, buffer, request); ++request.nth_on_connection) {
    {
      std::lock_guard lock(mutex_);
      received_.push_back(request);
    }
    const ServerReply reply = handler_(request);
    send(socket, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
    if (reply.then == ServerReply::Then::kClose) break;
  }
  shutdown(socket, SHUT_RDWR);  // closed with the server, so that its number is not used again
}

int closed_port() {
  int port = 0;
  close(bound_socket(port));
  return port;
}

TEST(HttpTestServer, FindsHeadersByTheirWholeName) {
  ReceivedRequest request{.head = "GET / HTTP/1.1\r\nX-A: 1\r\nA: 2\r\n", .body = ""};
  EXPECT_EQ(request.header("A"), "2");
  EXPECT_EQ(request.header("B"), "");
  EXPECT_EQ(request.line(), "GET / HTTP/1.1");
}

}  // namespace cb::io
