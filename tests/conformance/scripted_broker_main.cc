// The real listener before a broker that is a script: one worker, 198.51.100.7, always there.
// Prints its port; ends when its standard input does.

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdio>
#include <vector>

#include "io/clock/clock.h"
#include "io/loop/loop.h"
#include "io/text/text_listener.h"

namespace {

using cb::core::Answer;

struct AnswerTo {
  Answer operator()(const cb::core::GetWorker& get) const {
    return cb::core::WorkerAddress{
        "198.51.100.7", get.leased ? *cb::parse_lease_id("k3x2q2mwa7bdf") : cb::LeaseId{}};
  }
  Answer operator()(const cb::core::Ping& ping) const {
    if (ping.address == "198.51.100.7") return cb::core::Ok{};
    return cb::core::Refused{cb::core::RefusalReason::kUnknownWorker, "Worker not found"};
  }
  Answer operator()(const cb::core::Release&) const { return cb::core::Ok{}; }
  Answer operator()(const cb::core::Renew&) const { return cb::core::Ok{}; }
  Answer operator()(const cb::core::ShowStatus&) const { return cb::core::StatusRows{}; }
  Answer operator()(const cb::core::ListAll&) const { return cb::core::AllInstances{}; }
  Answer operator()(const cb::core::TerminateAll&) const {
    return cb::core::TerminatedIds{{}, true, {}};
  }
};

struct Script : cb::port::LogSink {
  void post(cb::core::Event event) { events.push_back(std::move(event)); }
  bool has_work() const { return !events.empty(); }
  static std::optional<cb::Instant> next_deadline() { return {}; }
  void write(const cb::core::Log& line) override {
    std::fprintf(stderr, "%s\n", line.text.c_str());
  }
  void run(cb::Now) {
    for (const auto& event : std::exchange(events, {})) {
      const auto* asked = std::get_if<cb::core::Asked>(&event);
      if (asked == nullptr) continue;
      if (std::holds_alternative<cb::core::GetWorker>(asked->request)) {
        replies->tell(asked->caller, {cb::core::Progress::Phase::kPending, "pending i-0abc"});
      }
      replies->reply(asked->caller, std::visit(AnswerTo{}, asked->request));
    }
  }
  cb::port::Replies* replies = nullptr;
  std::vector<cb::core::Event> events;
};

}  // namespace

int main() {
  boost::asio::io_context io{1};
  Script script;
  cb::io::TextListenerOptions options;
  options.text.version = "1.2.3";
  cb::io::Loop<Script> loop(io);
  loop.drive(script);
  cb::io::TextListener listener(io, options, cb::io::now, loop, script);
  script.replies = &listener;
  if (const auto listening = listener.doors().listen({"127.0.0.1:0"}); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().what.c_str());
    return 1;
  }
  const std::string address = listener.doors().addresses().front();
  std::printf("%s\n", address.substr(address.rfind(':') + 1).c_str());
  std::fflush(stdout);
  boost::asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  input.async_wait(input.wait_read, [&](boost::system::error_code) { io.stop(); });
  io.run();
  return 0;
}
