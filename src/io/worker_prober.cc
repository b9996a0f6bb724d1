#include "io/worker_prober.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
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
    if (error.value() == ours) return ProbeOutcome::kSilent;
  }
  return ProbeOutcome::kUnreachable;
}

}  // namespace

// One probe; its handlers keep it alive.
class WorkerProber::Probe : public std::enable_shared_from_this<Probe> {
 public:
  Probe(WorkerProber& prober, core::ProbeWorker what)
      : prober_(prober), what_(std::move(what)), socket_(prober.io_), timer_(prober.io_) {}

  void begin() {
    error_code bad;
    const auto address = asio::ip::make_address(what_.address, bad);
    const tcp::endpoint worker(address, static_cast<std::uint16_t>(what_.port));
    if (bad) return end_later(ProbeOutcome::kUnreachable);
    if (socket_.open(worker.protocol(), bad)) return end_later(not_connected(bad));
    limit(what_.connect_limit, ProbeOutcome::kUnreachable);
    socket_.async_connect(
        worker, [self = shared_from_this()](error_code error) { self->connected(error); });
  }

 private:
  void connected(const error_code& error) {
    if (ended_) return;
    if (error) return end(not_connected(error));
    if (what_.kind == core::ProbeKind::kTcp) return end(ProbeOutcome::kReady);
    limit(what_.answer_limit, ProbeOutcome::kSilent);
    // A fresh connection takes twelve bytes at once.
    error_code failed;
    socket_.non_blocking(true, failed);
    socket_.send(asio::buffer(wire::encode_dserv_frame(wire::kReadyQuestion)), 0, failed);
    if (failed) return end(ProbeOutcome::kAccepted);
    read();
  }

  void read() {
    socket_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              self->came(error, size);
                            });
  }

  // Closed without a byte: dserv has too many clients, or is not up to answering yet.
  void came(const error_code& error, std::size_t size) {
    if (ended_) return;
    frames_.feed({bytes_.data(), size});
    if (const auto answer = frames_.next()) {
      return end(trim(*answer) == wire::kReadyAnswer ? ProbeOutcome::kReady : ProbeOutcome::kWrong);
    }
    if (frames_.broken()) return end(ProbeOutcome::kWrong);
    if (error) return end(frames_.empty() ? ProbeOutcome::kAccepted : ProbeOutcome::kWrong);
    read();
  }

  void limit(Duration time, ProbeOutcome outcome) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this(), outcome](error_code cancelled) {
      if (!cancelled && !self->ended_) self->end(outcome);
    });
  }

  void end_later(ProbeOutcome outcome) {
    asio::post(prober_.io_, [self = shared_from_this(), outcome] { self->end(outcome); });
  }

  // The connection is cut: its local port is free again at once.
  void end(ProbeOutcome outcome) {
    ended_ = true;
    error_code ignored;
    timer_.cancel();
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
    prober_.ended({what_.probe, what_.worker, outcome});
  }

  WorkerProber& prober_;
  core::ProbeWorker what_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  wire::DservFrames frames_;
  std::array<char, 512> bytes_;
  bool ended_ = false;
};

WorkerProber::WorkerProber(asio::io_context& io, port::EventSink& sink, std::function<void()> wake,
                           std::size_t open_max)
    : io_(io), sink_(sink), wake_(std::move(wake)), open_max_(open_max) {}

WorkerProber::~WorkerProber() = default;

void WorkerProber::probe(const core::ProbeWorker& what) {
  queue_.push_back(what);
  begin_next();
}

void WorkerProber::begin_next() {
  if (open_ == open_max_ || queue_.empty()) return;
  ++open_;
  const auto probe = std::make_shared<Probe>(*this, std::move(queue_.front()));
  queue_.pop_front();
  probe->begin();
}

void WorkerProber::ended(const core::Probed& outcome) {
  --open_;
  begin_next();
  sink_.post(outcome);
  wake_();
}

}  // namespace cb::io
