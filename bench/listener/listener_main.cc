// The text protocol's path alone: listener, driver and broker with one ready worker, and nothing
// behind them. Tells the cost of the protocol from that of EC2 and the disk.
//
//   bench-listener PORT

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>

#include "bench/kit/fake_cloud.h"
#include "driver/driver.h"
#include "io/clock/clock.h"
#include "io/loop/loop.h"
#include "io/text/text_listener.h"
#include "wire/ec2_request.h"

namespace cb::bench {
namespace {

std::string no_request(const core::LaunchSpec&) {
  return "request";
}

int serve(int port) {
  boost::asio::io_context io{1};
  io::Loop<driver::Driver> loop(io);
  core::Broker broker(settings_with_image(), no_request);
  PerfectPorts ports;
  io::TextListener listener(io, {}, io::now, loop, ports);
  driver::Driver driver(broker, {ports, ports, listener, ports, ports});
  loop.drive(driver, {[&] { listener.read_what_waits(); }, [] {}});

  core::Started started;
  started.fresh_nonce = "benchmark";
  const core::WorkerRecord worker = ready_worker(1, io::now());
  started.records.workers.emplace(worker.id, worker);
  ports.sink = &loop;
  ports.machines = {running(worker)};
  loop.post(std::move(started));
  if (const auto status = listener.doors().listen({str("127.0.0.1:", port)}); !status) {
    return std::fprintf(stderr, "bench-listener: %s\n", status.error().what.c_str()), 1;
  }
  io.run();
  return 0;
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  if (argc != 2) return std::fputs("usage: bench-listener PORT\n", stderr), 2;
  return cb::bench::serve(std::atoi(argv[1]));
}
