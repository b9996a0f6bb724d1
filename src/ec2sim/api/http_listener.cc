#include "ec2sim/api/http_listener.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t kBodyMax = 1 << 20;
constexpr std::uint32_t kHeaderMax = 64 << 10;
constexpr std::chrono::minutes kIdleMax{10};  // between two requests of one connection

HttpRequest plain(const http::request<http::string_body>& from) {
  HttpRequest request;
  request.method = from.method_string();
  request.target = from.target();
  for (const auto& field : from) {
    request.headers.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                 field.value());
  }
  request.body = from.body();
  return request;
}

std::string head_of(const HttpAnswer& answer, bool keep_alive) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(answer.status));
  std::string head =
      str("HTTP/1.1 ", answer.status, ' ', std::string_view(reason.data(), reason.size()),
          "\r\nServer: AmazonEC2\r\nDate: ", answer.date, "\r\nContent-Type: ", answer.content_type,
          "\r\nContent-Length: ", answer.body.size());
  if (!answer.request_id.empty()) head += str("\r\nx-amzn-requestid: ", answer.request_id);
  if (!keep_alive) head += "\r\nConnection: close";
  return head + "\r\n\r\n";
}

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const HttpHandlers& handlers)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), handlers_(handlers) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kBodyMax);
    parser_->header_limit(kHeaderMax);
    timer_.expires_after(kIdleMax);
    timer_.async_wait([self = shared_from_this()](error_code stopped) {
      if (!stopped) self->socket_.cancel();
    });
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](error_code failed, std::size_t) {
                              if (!failed) self->read_body();
                            });
  }

 private:
  // A client that asked first whether it may send its body (curl does, with a large one).
  void read_body() {
    if (lower(std::string(parser_->get()[http::field::expect])) == "100-continue") {
      error_code ignored;
      asio::write(socket_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                  ignored);
    }
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code failed, std::size_t) {
                       self->timer_.cancel();
                       if (!failed) self->answer();
                     });
  }

  void answer() {
    answer_ = handlers_.handle(plain(parser_->get()));
    if (answer_.delivery == Delivery::kClose && answer_.delay == Micros{0}) return close();
    if (answer_.delay == Micros{0}) return write();
    if (answer_.delay == kNever) return wait_for_the_end();
    timer_.expires_after(answer_.delay);
    timer_.async_wait([self = shared_from_this()](error_code stopped) {
      if (!stopped) self->write();
    });
  }

  void wait_for_the_end() {
    socket_.async_wait(tcp::socket::wait_read,
                       [self = shared_from_this()](error_code) { self->close(); });
  }

  void write() {
    const bool whole = answer_.delivery == Delivery::kSend;
    const bool keep_alive = whole && parser_->get().keep_alive();
    head_ = head_of(answer_, keep_alive);
    if (whole) handlers_.sent(answer_);
    const std::size_t size = whole ? answer_.body.size() : answer_.body.size() / 2;
    const std::array<asio::const_buffer, 2> both{asio::buffer(head_),
                                                 asio::buffer(answer_.body.data(), size)};
    asio::async_write(socket_, both,
                      [self = shared_from_this(), keep_alive](error_code failed, std::size_t) {
                        if (!failed && keep_alive) return self->read();
                        self->close();
                      });
  }

  void close() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const HttpHandlers& handlers_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpAnswer answer_;
  std::string head_;
};

Result<tcp::endpoint> parse_endpoint(const std::string& text) {
  const Error error{str("The address \"", text, "\" is not such as 127.0.0.1:4599.")};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return error;
  error_code bad;
  const auto address = asio::ip::make_address(text.substr(0, colon), bad);
  const auto port = parse_int(std::string_view(text).substr(colon + 1));
  if (bad || !port || *port < 0 || *port > 65535) return error;
  return tcp::endpoint(address, static_cast<std::uint16_t>(*port));
}

}  // namespace

class HttpListener::Impl {
 public:
  Impl(asio::io_context& io, HttpHandlers handlers)
      : acceptor_(io), handlers_(std::move(handlers)) {}

  Result<std::uint16_t> listen(const std::string& address) {
    const Result<tcp::endpoint> endpoint = parse_endpoint(address);
    if (!endpoint) return endpoint.error();
    try {
      acceptor_.open(endpoint->protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(*endpoint);
      acceptor_.listen(4096);
    } catch (const boost::system::system_error& failed) {
      return Error{str("Cannot listen on ", address, ": ", failed.code().message(),
                       "; choose another address with --listen.")};
    }
    accept();
    return acceptor_.local_endpoint().port();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (!failed) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        std::make_shared<Session>(std::move(socket), handlers_)->read();
      }
      accept();
    });
  }

  tcp::acceptor acceptor_;
  HttpHandlers handlers_;
};

HttpListener::HttpListener(asio::io_context& io, HttpHandlers handlers)
    : impl_(std::make_unique<Impl>(io, std::move(handlers))) {}

HttpListener::~HttpListener() = default;

Result<std::uint16_t> HttpListener::listen(const std::string& address) {
  return impl_->listen(address);
}

}  // namespace cb::ec2sim
