#include "ec2sim/workers/dserv_stand_in.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "base/text.h"
#include "wire/dserv_frame.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

constexpr int kClientsOfOneAddress = 8;
constexpr int kClients = 128;
constexpr int kAnswersTold = 16;
// dserv would allocate whatever is announced; beyond this the stand-in only swallows it.
constexpr std::size_t kScriptMax = 64 << 20;
constexpr std::size_t kLineMax = 8 << 10;

void open_port(tcp::acceptor& acceptor, const asio::ip::address& address, std::uint16_t port) {
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(128);
}

std::string version_answer(std::string line) {
  return trim(line) == "%version" ? "1 3.0\n" : "0\n";
}

std::string health_answer(std::string head) {
  const bool health = head.starts_with("GET /health ");
  const std::string body = health ? R"({"status":"ok","service":"dserv"})" : "not found\n";
  return str("HTTP/1.1 ", health ? "200 OK" : "404 Not Found",
             "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ",
             body.size(), "\r\n\r\n", body);
}

// Reads up to `end`, answers, closes (or goes on, where the answer is a line).
class LineClient : public std::enable_shared_from_this<LineClient> {
 public:
  LineClient(tcp::socket socket, std::string end, std::string (*answer)(std::string))
      : socket_(std::move(socket)), end_(std::move(end)), answer_(answer) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(heard_, kLineMax), end_,
                           [self = shared_from_this()](error_code failed, std::size_t size) {
                             if (!failed) self->reply(size);
                           });
  }

 private:
  void reply(std::size_t size) {
    said_ = answer_(heard_.substr(0, size));
    heard_.erase(0, size);
    const bool more = end_ == "\n";
    asio::async_write(socket_, asio::buffer(said_),
                      [self = shared_from_this(), more](error_code failed, std::size_t) {
                        if (!failed && more) self->read();
                      });
  }

  tcp::socket socket_;
  std::string end_;
  std::string (*answer_)(std::string);
  std::string heard_;
  std::string said_;
};

}  // namespace

void ScriptQueue::add(std::string script, Done done) {
  entries_.push_back({std::move(script), std::move(done)});
  next();
}

void ScriptQueue::hold() {
  held_ = true;
}

void ScriptQueue::release() {
  held_ = false;
  next();
}

void ScriptQueue::next() {
  if (held_ || busy_ || entries_.empty()) return;
  busy_ = true;
  Entry entry = std::move(entries_.front());
  entries_.pop_front();
  tcl_.evaluate(entry.script, [this, done = std::move(entry.done)](std::string answer) {
    busy_ = false;
    done(std::move(answer));
    next();
  });
}

// One connection of the message port. It has one script in the queue at a time, so that answers
// keep their order and memory is bounded.
class DservStandIn::Client : public std::enable_shared_from_this<Client> {
 public:
  Client(DservStandIn& dserv, tcp::socket socket, asio::ip::address address)
      : dserv_(dserv), socket_(std::move(socket)), address_(std::move(address)) {}
  ~Client() {
    --dserv_.client_count_;
    if (--dserv_.clients_[address_] == 0) dserv_.clients_.erase(address_);
  }

  void read() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code failed) {
      if (!failed) self->read_header();
    });
  }

 private:
  // The header must come in one piece: dserv takes the bytes that are there for a header. Here the
  // connection ends, so that a client that sends it in two is noticed.
  void read_header() {
    std::array<unsigned char, 4> header;
    const auto got = recv(socket_.native_handle(), header.data(), header.size(), MSG_DONTWAIT);
    if (got != std::ssize(header)) return;
    const std::size_t size = std::size_t{header[0]} << 24 | std::size_t{header[1]} << 16 |
                             std::size_t{header[2]} << 8 | std::size_t{header[3]};
    if (size > kScriptMax) return swallow();
    if (size == 0) return read();  // gets no answer
    script_.resize(size);
    asio::async_read(socket_, asio::buffer(script_),
                     [self = shared_from_this()](error_code failed, std::size_t) {
                       if (!failed) self->evaluate();
                     });
  }

  void swallow() {
    script_.resize(kLineMax);
    socket_.async_read_some(asio::buffer(script_),
                            [self = shared_from_this()](error_code failed, std::size_t) {
                              if (!failed) self->swallow();
                            });
  }

  void evaluate() {
    dserv_.scripts_.add(std::move(script_),
                        [self = shared_from_this()](std::string answer) { self->reply(answer); });
  }

  void reply(const std::string& answer) {
    said_ = wire::encode_dserv_frame(answer);
    asio::async_write(socket_, asio::buffer(said_),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                        self->dserv_.answered();
                        if (!failed) self->read();
                      });
  }

  DservStandIn& dserv_;
  tcp::socket socket_;
  asio::ip::address address_;
  std::string script_;
  std::string said_;
};

DservStandIn::DservStandIn(asio::io_context& io, ScriptQueue& scripts)
    : scripts_(scripts), message_(io), version_(io), health_(io) {}

void DservStandIn::open(const std::string& address, const WorkerPorts& ports) {
  const auto ip = asio::ip::make_address(address);
  open_port(version_, ip, ports.version);
  open_port(health_, ip, ports.health);
  open_port(message_, ip, ports.message);
  accept_line(version_, "\n", version_answer);
  accept_line(health_, "\r\n\r\n", health_answer);
  accept_message();
}

void DservStandIn::accept_message() {
  message_.async_accept([this](error_code failed, tcp::socket socket) {
    if (!failed) admit(std::move(socket));
    accept_message();
  });
}

// The one connection too many is accepted, and closed at once.
void DservStandIn::admit(tcp::socket socket) {
  error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  if (gone || client_count_ == kClients || clients_[peer.address()] == kClientsOfOneAddress) return;
  ++clients_[peer.address()];
  ++client_count_;
  socket.set_option(tcp::no_delay(true), gone);
  std::make_shared<Client>(*this, std::move(socket), peer.address())->read();
}

void DservStandIn::accept_line(tcp::acceptor& acceptor, std::string end,
                               std::string (*answer)(std::string)) {
  acceptor.async_accept([this, &acceptor, end, answer](error_code failed, tcp::socket socket) {
    if (!failed) std::make_shared<LineClient>(std::move(socket), end, answer)->read();
    accept_line(acceptor, end, answer);
  });
}

void DservStandIn::answered() {
  if (++answers_ <= kAnswersTold) on_answer();
}

}  // namespace cb::ec2sim
