// How the cost of a step grows with the number of workers. Prints one JSON object.
//
//   bench-growth WORKERS [STEPS]         time and memory
//   valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=F bench-growth WORKERS STEPS
//   OP
//                                        instructions of STEPS steps of one kind:
//                                        get_worker, ping, probe_answered, timer_and_probe

#include <malloc.h>
#include <valgrind/callgrind.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bench/core/big_broker.h"

namespace cb::bench {
namespace {

// Each does at least `steps` steps of its kind and returns how many it did.
using Operation = std::function<std::size_t(BigBroker&, std::size_t)>;

template <class Step>
Operation repeated(Step step) {
  return [step](BigBroker& broker, std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) step(broker);
    return steps;
  };
}

// One timer brings the probes of all workers that are due at its moment: counted as so many steps.
std::size_t timers(BigBroker& broker, std::size_t steps) {
  std::size_t done = 0;
  while (done < steps) {
    const std::size_t probes = broker.timer();
    for (std::size_t i = 0; i < probes; ++i) broker.probe_answered();
    done += std::max<std::size_t>(1, probes);
  }
  return done;
}

const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> all{
      {"get_worker", repeated([](BigBroker& b) { CHECK(b.get_worker()); })},
      {"ping", repeated([](BigBroker& b) { CHECK(b.ping()); })},
      {"probe_answered", repeated([](BigBroker& b) { b.probe_answered(); })},
      {"timer_and_probe", timers},
  };
  return all;
}

[[noreturn]] void count_instructions(BigBroker& broker, std::size_t steps,
                                     const std::string& name) {
  const auto found = operations().find(name);
  CHECK(found != operations().end());
  found->second(broker, steps / 10);
  ::malloc_trim(0);  // else some later allocation tidies up what building it all left behind
  CALLGRIND_START_INSTRUMENTATION;
  const std::size_t done = found->second(broker, steps);
  std::printf("{\"operation\":\"%s\",\"steps\":%zu}\n", name.c_str(), done);
  std::fflush(stdout);
  std::_Exit(0);  // what taking it all down costs is not asked
}

void measure_times(BigBroker& broker, std::size_t steps) {
  for (const auto& [name, run] : operations()) {
    run(broker, steps / 10);
    const auto begun = std::chrono::steady_clock::now();
    const std::size_t done = run(broker, steps);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
    std::printf(",\"%s_ns\":%.1f", name.c_str(), took.count() / static_cast<double>(done));
  }
}

std::size_t in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  using namespace cb::bench;
  if (argc < 2) return std::fputs("usage: bench-growth WORKERS [STEPS [OPERATION]]\n", stderr), 2;
  const auto workers = std::max<std::size_t>(2, static_cast<std::size_t>(std::atoll(argv[1])));
  const auto steps = static_cast<std::size_t>(argc > 2 ? std::atoll(argv[2]) : 100'000);
  const std::size_t empty = in_use();
  const auto smallest = std::make_unique<BigBroker>(1);
  const std::size_t before = in_use();
  const auto broker = std::make_unique<BigBroker>(workers);
  const std::size_t bytes = (in_use() - before) - (before - empty);  // of all but one
  if (argc > 3) count_instructions(*broker, steps, argv[3]);
  std::printf("{\"workers\":%zu,\"bytes_per_worker\":%.1f", workers,
              static_cast<double>(bytes) / static_cast<double>(workers - 1));
  measure_times(*broker, steps);
  std::printf("}\n");
}
