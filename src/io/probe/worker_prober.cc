#include "io/probe/worker_prober.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <utility>

#include "base/text.h"
#include "wire/dserv_frame.h"

namespace cb::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using core::ProbeOutcome;

// What a failed connection says about the worker.
ProbeOutcome not_connected(const error_code& error) {
  if (error == asio::error::connection_refused) return ProbeOutcome::kRefused;
  for (const int ours : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EAGAIN}) {
    if (error.value() == ours) return ProbeOutcome::kUnknown;
  }
  return ProbeOutcome::kUnreachable;
}

// What the end of a connection says on which a question was open, no byte of an answer being there.
// Closed: dserv has too many clients, or has ended.
ProbeOutcome not_answered(const error_code& error) {
  const bool lost = error == asio::error::timed_out || error == asio::error::host_unreachable ||
                    error == asio::error::network_unreachable;
  return lost ? ProbeOutcome::kLost : ProbeOutcome::kAccepted;
}

// A connection that is being made, within its limit.
class Connecting {
 public:
  explicit Connecting(asio::io_context& io) : socket(io), timer_(io) {}

  // `done` is called once, never from inside; with operation_aborted after cut().
  void begin(const core::ProbeWorker& what, std::function<void(const error_code&)> done) {
    error_code bad;
    const auto address = asio::ip::make_address(what.address, bad);
    const tcp::endpoint worker(address, static_cast<std::uint16_t>(what.port));
    if (!bad) socket.open(worker.protocol(), bad);
    if (bad) {
      asio::post(socket.get_executor(), [done, bad] { done(bad); });
      return;
    }
    timer_.expires_after(what.connect_limit);
    timer_.async_wait([this, done](error_code cancelled) {
      error_code ignored;
      if (!cancelled && !settled_) socket.close(ignored);  // ends the other wait
    });
    socket.async_connect(worker, [this, done](error_code error) {
      settled_ = true;
      timer_.cancel();
      done(error);
    });
  }
  // Its local port, and its place at the worker's, are free again at once.
  void cut() {
    error_code ignored;
    timer_.cancel();
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
  }

  tcp::socket socket;

 private:
  asio::steady_timer timer_;
  bool settled_ = false;
};

}  // namespace

// Whether a port accepts; its handlers keep it alive.
class WorkerProber::Knock : public std::enable_shared_from_this<Knock> {
 public:
  Knock(WorkerProber& prober, core::ProbeWorker what)
      : prober_(prober), what_(std::move(what)), connection_(prober.io_) {}

  void begin() {
    connection_.begin(what_, [self = shared_from_this()](const error_code& error) {
      const bool late = error == asio::error::operation_aborted;
      self->connection_.cut();
      self->prober_.connected_or_not();
      self->prober_.post(self->what_, !error ? ProbeOutcome::kReady
                                      : late ? ProbeOutcome::kUnreachable
                                             : not_connected(error));
    });
  }

 private:
  WorkerProber& prober_;
  core::ProbeWorker what_;
  Connecting connection_;
};

// A kept connection, and the question that is open on it.
class WorkerProber::Asking : public std::enable_shared_from_this<Asking> {
 public:
  Asking(WorkerProber& prober, core::ProbeWorker what)
      : prober_(prober), what_(std::move(what)), connection_(prober.io_) {}

  void begin() {
    connection_.begin(what_, [self = shared_from_this()](const error_code& error) {
      self->connecting_ = false;
      self->prober_.connected_or_not();
      if (self->over_) return;
      const bool late = error == asio::error::operation_aborted;
      if (error) return self->end(late ? ProbeOutcome::kUnreachable : not_connected(error));
      self->keep_alive();
      if (self->send()) self->read();
    });
  }

  // The next question on the same connection, which has to be the same worker's.
  bool takes(const core::ProbeWorker& what) const {
    return !open_ && !connecting_ && what.address == what_.address && what.port == what_.port;
  }
  void ask(const core::ProbeWorker& what) {
    what_ = what;
    asio::post(prober_.io_, [self = shared_from_this(), probe = what.probe] {
      if (self->over_ || self->what_.probe != probe) return;
      if (self->closed_) return self->end(ProbeOutcome::kAccepted);
      self->send();
    });
    open_ = true;
  }

  // Nobody wants to know any more.
  void leave() {
    over_ = true;
    connection_.cut();
  }

 private:
  // NATs and firewalls forget a silent connection, and machines vanish: both are noticed.
  void keep_alive() {
    const auto idle = std::max(1, static_cast<int>(ceil<seconds>(what_.keep_alive).count()));
    const int count = static_cast<int>(what_.keep_alive_max);
    const auto limit = static_cast<int>(what_.keep_alive.count()) * count;
    error_code ignored;
    connection_.socket.set_option(asio::socket_base::keep_alive(true), ignored);
    const auto set = [&](int option, int value) {
      ::setsockopt(connection_.socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
    };
    set(TCP_KEEPIDLE, idle);
    set(TCP_KEEPINTVL, idle);
    set(TCP_KEEPCNT, count);
    set(TCP_USER_TIMEOUT, limit);  // and when the question itself is not acknowledged
  }

  // False when it could not be sent. The connection takes twelve bytes at once.
  bool send() {
    error_code failed;
    connection_.socket.non_blocking(true, failed);
    connection_.socket.send(asio::buffer(wire::encode_dserv_frame(wire::kReadyQuestion)), 0,
                            failed);
    open_ = true;
    prober_.post(what_, failed ? ProbeOutcome::kAccepted : ProbeOutcome::kAsked);
    if (failed) forget();
    return !failed;
  }

  // Also between two questions, so that its end is noticed.
  void read() {
    connection_.socket.async_read_some(
        asio::buffer(bytes_), [self = shared_from_this()](error_code error, std::size_t size) {
          self->came(error, size);
        });
  }

  void came(const error_code& error, std::size_t size) {
    if (over_) return;
    frames_.feed({bytes_.data(), size});
    const auto answer = frames_.next();
    if (!open_) {
      // The next question hears of it: who answers on another connection may be somebody else.
      closed_ = answer || error || frames_.broken();
      return closed_ ? connection_.cut() : read();
    }
    if (answer && trim(*answer) == wire::kReadyAnswer) {
      open_ = false;
      prober_.post(what_, ProbeOutcome::kReady);
      return over_ ? void() : read();
    }
    if (answer || frames_.broken()) return end(ProbeOutcome::kWrong);
    if (error) return end(frames_.empty() ? not_answered(error) : ProbeOutcome::kWrong);
    read();
  }

  void forget() {
    leave();
    prober_.over(what_.worker);
  }
  void end(ProbeOutcome outcome) {
    forget();
    prober_.post(what_, outcome);
  }

  WorkerProber& prober_;
  core::ProbeWorker what_;
  Connecting connection_;
  wire::DservFrames frames_;
  std::array<char, 512> bytes_;
  bool connecting_ = true;
  bool open_ = true;     // its question
  bool closed_ = false;  // by the other side, between two questions
  bool over_ = false;
};

WorkerProber::WorkerProber(asio::io_context& io, port::EventSink& sink, std::size_t open_max)
    : io_(io), sink_(sink), open_max_(open_max) {}

WorkerProber::~WorkerProber() = default;

void WorkerProber::probe(const core::ProbeWorker& what) {
  if (what.kind == core::ProbeKind::kDserv) {
    const auto kept = asking_.find(what.worker);
    if (kept != asking_.end() && kept->second->takes(what)) return kept->second->ask(what);
    hang_up(what.worker);
  }
  queue_.push_back(what);
  begin_next();
}

void WorkerProber::hang_up(const InstanceId& worker) {
  std::erase_if(queue_, [&](const core::ProbeWorker& waiting) {
    return waiting.kind == core::ProbeKind::kDserv && waiting.worker == worker;
  });
  const auto kept = asking_.extract(worker);
  if (!kept.empty()) kept.mapped()->leave();
}

void WorkerProber::over(const InstanceId& worker) {
  asking_.erase(worker);
}

void WorkerProber::begin_next() {
  if (open_ == open_max_ || queue_.empty()) return;
  ++open_;
  core::ProbeWorker what = std::move(queue_.front());
  queue_.pop_front();
  if (what.kind == core::ProbeKind::kTcp) {
    std::make_shared<Knock>(*this, std::move(what))->begin();
    return;
  }
  const InstanceId worker = what.worker;
  const auto asking = std::make_shared<Asking>(*this, std::move(what));
  asking_[worker] = asking;
  asking->begin();
}

void WorkerProber::connected_or_not() {
  --open_;
  begin_next();
}

void WorkerProber::post(const core::ProbeWorker& what, ProbeOutcome outcome) {
  sink_.post(core::Probed{what.probe, what.worker, outcome, what.kind});
}

}  // namespace cb::io
