// The text protocol's path alone: listener, driver and broker with one ready worker, and nothing
// behind them. Tells the cost of the protocol from that of EC2 and the disk.
//
//   bench-listener PORT

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>

#include "bench/kit/fake_cloud.h"
#include "driver/driver.h"
#include "io/clock/clock.h"
#include "io/text/text_listener.h"
#include "wire/ec2_request.h"

namespace cb::bench {
namespace {

std::string no_request(const core::LaunchSpec&) {
  return "request";
}

// The loop around the driver: run while there is work, then wake at its deadline.
class Loop : public port::EventSink {
 public:
  explicit Loop(int port)
      : broker_(settings_with_image(), no_request),
        listener_(io_, {}, io::now, *this, ports_, [this] { turn(); }),
        driver_(broker_, {ports_, ports_, listener_, ports_, ports_}),
        timer_(io_),
        port_(port) {
    ports_.sink = this;
    ports_.machines = {running(ready_worker(1, io::now()))};
  }
  int run() {
    core::Started started;
    started.fresh_nonce = "benchmark";
    const core::WorkerRecord worker = ready_worker(1, io::now());
    started.records.workers.emplace(worker.id, worker);
    driver_.post(std::move(started));
    turn();
    if (const auto status = listener_.listen({str("127.0.0.1:", port_)}); !status) {
      return std::fprintf(stderr, "bench-listener: %s\n", status.error().what.c_str()), 1;
    }
    io_.run();
    return 0;
  }
  void post(core::Event event) override { driver_.post(std::move(event)); }

 private:
  void turn() {
    do driver_.run(io::now());
    while (driver_.has_work());
    const auto due = driver_.next_deadline();
    if (!due || (armed_ && *armed_ <= *due)) return;
    armed_ = due;
    timer_.expires_after(std::max(Duration{0}, *due - io::now().boot));
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      armed_.reset();
      turn();
    });
  }

  boost::asio::io_context io_{1};
  core::Broker broker_;
  PerfectPorts ports_;
  io::TextListener listener_;
  driver::Driver driver_;
  boost::asio::steady_timer timer_;
  std::optional<Instant> armed_;
  int port_;
};

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bench-listener PORT\n", stderr), 2;
  return cb::bench::Loop(std::atoi(argv[1])).run();
}
