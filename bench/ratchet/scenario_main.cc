// A fixed day of a broker, for counting instructions: clients' lines through their sessions into
// the broker and back, probes and timers, with 100 workers. Does exactly the same in every run.

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>

#include "bench/core/big_broker.h"
#include "wire/text_session.h"

namespace cb::bench {
namespace {

constexpr std::size_t kWorkers = 100;
constexpr int kRounds = 2000;
constexpr int kRoundsATimer = 20;

void one_client(const wire::TextOptions& options, const core::Answer& answer) {
  wire::TextSession session(options, Instant{});
  CHECK(session.received("GET_WORKER\n", Instant{}));
  CHECK(!session.answered(answer, Instant{}));
  CHECK(!session.wrote(session.output().size(), Instant{}));
  CHECK(!session.input_ended(Instant{}));
}

void many_commands(wire::TextSession& session, const core::Answer& answer) {
  auto asked = session.received("GET_WORKER\nPING 10.0.0.1\nGET_WORKER\n", Instant{});
  while (asked) asked = session.answered(answer, Instant{});
  CHECK(!session.wrote(session.output().size(), Instant{}));
}

}  // namespace
}  // namespace cb::bench

int main() {
  using namespace cb;
  using namespace cb::bench;
  BigBroker broker(kWorkers);
  const wire::TextOptions options;
  const core::Answer answer = core::WorkerAddress{"198.51.100.7"};
  wire::TextSession kept(options, Instant{});
  CHECK(!kept.received("HELLO 2\n", Instant{}));
  CALLGRIND_START_INSTRUMENTATION;
  for (int round = 0; round < kRounds; ++round) {
    one_client(options, answer);
    many_commands(kept, answer);
    CHECK(broker.get_worker());
    CHECK(broker.ping());
    broker.probe_answered();
    if (round % kRoundsATimer == 0) broker.timer();
  }
  std::puts("done");
  std::fflush(stdout);
  std::_Exit(0);  // what taking it all down costs is not asked
}
