#pragma once
// Asks workers whether they serve: a TCP connection, or dserv's `expr 6*7`, which is sent with its
// header in one write. One thread, that of the io_context.

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>

#include "port/ports.h"

namespace cb::io {

class WorkerProber : public port::Prober {
 public:
  static constexpr std::size_t kOpenMax = 32;

  // At most `open_max` connections are open at once; further probes wait in order, and their time
  // limits run from when they begin. `wake` is called after a Probed event was posted to `sink`.
  // All references outlive the prober, and the prober outlives the io_context's last handler.
  WorkerProber(boost::asio::io_context& io, port::EventSink& sink, std::function<void()> wake,
               std::size_t open_max = kOpenMax);
  ~WorkerProber() override;

  // An address that is not one, and an ICMP error, are kUnreachable. Where it is this machine that
  // cannot connect (no descriptor, no local port), the outcome is kSilent: nothing is known, and
  // that must neither make a worker ready nor end it.
  void probe(const core::ProbeWorker& what) override;

  // Probes whose connection is open.
  std::size_t open() const { return open_; }

 private:
  class Probe;
  void begin_next();
  void ended(const core::Probed& outcome);

  boost::asio::io_context& io_;
  port::EventSink& sink_;
  std::function<void()> wake_;
  std::size_t open_max_;
  std::size_t open_ = 0;
  std::deque<core::ProbeWorker> queue_;
};

}  // namespace cb::io
