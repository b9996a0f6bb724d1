#pragma once
// Asks workers whether they serve: a TCP connection, or dserv's `expr 6*7`, which is sent with its
// header in one write on a connection that is kept. One thread, that of the io_context.

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <unordered_map>

#include "port/ports.h"

namespace cb::io {

class WorkerProber : public port::Prober {
 public:
  static constexpr std::size_t kOpenMax = 32;

  // At most `open_max` connections are being made at once; further probes wait in order, and their
  // time limits run from when they begin. Connections on which a question is open, or was, are as
  // many as there are workers that boot or compute. All references outlive the prober, and the
  // prober outlives the io_context's last handler.
  WorkerProber(boost::asio::io_context& io, port::EventSink& sink, std::size_t open_max = kOpenMax);
  ~WorkerProber() override;

  // An address that is not one, and an ICMP error, are kUnreachable. Where it is this machine that
  // cannot connect (no descriptor, no local port), the outcome is kUnknown: that must neither make
  // a worker ready nor end it. A connection that fails the keep-alive is kLost.
  void probe(const core::ProbeWorker& what) override;
  void hang_up(const InstanceId& worker) override;

  // Connections that are being made, and those that are kept.
  std::size_t open() const { return open_; }
  std::size_t kept() const { return asking_.size(); }

 private:
  class Knock;
  class Asking;
  void begin_next();
  void connected_or_not();
  void post(const core::ProbeWorker& what, core::ProbeOutcome outcome);
  void over(const InstanceId& worker);

  boost::asio::io_context& io_;
  port::EventSink& sink_;
  std::size_t open_max_;
  std::size_t open_ = 0;
  std::deque<core::ProbeWorker> queue_;
  std::unordered_map<InstanceId, std::shared_ptr<Asking>> asking_;
};

}  // namespace cb::io
