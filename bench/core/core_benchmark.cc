// Google Benchmark over the core's inner pieces.

#include <benchmark/benchmark.h>

#include "bench/core/big_broker.h"
#include "core/step/timers.h"
#include "wire/text_protocol.h"
#include "wire/text_session.h"

namespace cb::bench {
namespace {

void get_worker(benchmark::State& state) {
  BigBroker broker(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(broker.get_worker());
}
BENCHMARK(get_worker)->Arg(10)->Arg(1000)->Arg(100'000);

void ping(benchmark::State& state) {
  BigBroker broker(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(broker.ping());
}
BENCHMARK(ping)->Arg(10)->Arg(1000)->Arg(100'000);

void agenda_arm_and_take(benchmark::State& state) {
  core::Timers timers;
  const auto many = static_cast<std::int64_t>(state.range(0));
  const auto timer = [](std::int64_t i) {
    return core::Timer{core::TimerKind::kWorkerProbe, str("i-0", 1'000'000'000'000'000 + i)};
  };
  for (std::int64_t i = 0; i < many; ++i) timers.arm(timer(i), Instant{milliseconds{i}});
  std::int64_t now = 0;
  for (auto _ : state) {
    const auto due = timers.take_due(Instant{milliseconds{now}});
    timers.arm(*due, Instant{milliseconds{now++ + many}});
  }
}
BENCHMARK(agenda_arm_and_take)->Arg(10)->Arg(1000)->Arg(100'000);

void parse_command(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(wire::parse_command("GET_WORKER"));
}
BENCHMARK(parse_command);

void text_session(benchmark::State& state) {
  const wire::TextOptions options;
  const core::Answer answer = core::WorkerAddress{"198.51.100.7"};
  for (auto _ : state) {
    wire::TextSession session(options, Instant{});
    benchmark::DoNotOptimize(session.received("GET_WORKER\n", Instant{}));
    benchmark::DoNotOptimize(session.answered(answer, Instant{}));
    benchmark::DoNotOptimize(session.wrote(session.output().size(), Instant{}));
  }
}
BENCHMARK(text_session);

}  // namespace
}  // namespace cb::bench

BENCHMARK_MAIN();
