// How the cost of a step grows with the number of workers, of callers who wait, of leases on one
// worker and on many, and of pools. Prints one JSON object.
//
//   bench-growth workers|callers|leases|packed|pools N [STEPS]     time and memory
//   valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=F
//     bench-growth KIND N STEPS OPERATION      instructions of STEPS steps of one kind

#include <malloc.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <type_traits>

#include "bench/core/big_broker.h"
#include "bench/core/big_crowd.h"
#include "bench/core/big_leases.h"
#include "bench/core/big_pools.h"

namespace {

std::size_t in_use = 0;  // bytes of the heap, malloc's own eight of each piece included

std::size_t size_of(void* memory) {
  return ::malloc_usable_size(memory) + sizeof(std::size_t);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  in_use += size_of(memory);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) in_use -= size_of(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace cb::bench {
namespace {

// Each does at least `steps` steps of its kind and returns how many it did.
template <class World>
using Operation = std::size_t (*)(World&, std::size_t steps);
template <class World>
using Operations = std::map<std::string, Operation<World>>;

template <auto step>
std::size_t repeated(auto& world, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    if constexpr (std::is_same_v<decltype((world.*step)()), bool>) {
      CHECK((world.*step)());
    } else {
      (world.*step)();
    }
  }
  return steps;
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

const Operations<BigBroker> kOfWorkers{
    {"get_worker", repeated<&BigBroker::get_worker>},
    {"ping", repeated<&BigBroker::ping>},
    {"probe_answered", repeated<&BigBroker::probe_answered>},
    {"timer_and_probe", timers},
};
const Operations<BigCrowd> kOfCallers{{"ask_and_hang_up", repeated<&BigCrowd::ask_and_hang_up>}};

class SharedLeases : public BigLeases {
 public:
  explicit SharedLeases(std::size_t leases) : BigLeases(leases, core::Sharing::kShared) {}
};
class PackedLeases : public BigLeases {
 public:
  explicit PackedLeases(std::size_t leases) : BigLeases(leases, core::Sharing::kPacked) {}
};

template <class World>
const Operations<World> kOfLeases{
    {"give_back_and_take", repeated<&World::give_back_and_take>},
    {"ping", repeated<&World::ping>},
    {"lose_and_resume", repeated<&World::lose_and_resume>},
};
const Operations<BigPools> kOfPools{
    {"get_worker", repeated<&BigPools::get_worker>},
    {"ask_and_hang_up", repeated<&BigPools::ask_and_hang_up>},
    {"launch_fails_and_is_asked_for_again",
     repeated<&BigPools::launch_fails_and_is_asked_for_again>},
};

template <class World>
[[noreturn]] void count_instructions(World& world, Operation<World> run, std::size_t steps) {
  run(world, steps / 10);
  ::malloc_trim(0);  // else some later allocation tidies up what building it all left behind
  CALLGRIND_START_INSTRUMENTATION;
  const std::size_t done = run(world, steps);
  std::printf("{\"steps\":%zu}\n", done);
  std::fflush(stdout);
  std::_Exit(0);  // what taking it all down costs is not asked
}

template <class World>
void measure_times(World& world, const Operations<World>& all, std::size_t steps) {
  for (const auto& [name, run] : all) {
    run(world, steps / 10);
    const auto begun = std::chrono::steady_clock::now();
    const std::size_t done = run(world, steps);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
    std::printf(",\"%s_ns\":%.1f", name.c_str(), took.count() / static_cast<double>(done));
  }
}

template <class World>
int measure(const Operations<World>& all, std::size_t many, std::size_t steps, const char* only) {
  const std::size_t empty = in_use;
  const auto smallest = std::make_unique<World>(1);
  const std::size_t before = in_use;
  const auto world = std::make_unique<World>(many);
  const std::size_t bytes = (in_use - before) - (before - empty);  // of all but one
  if (only != nullptr) {
    const auto found = all.find(only);
    CHECK(found != all.end());
    count_instructions(*world, found->second, steps);
  }
  std::printf("{\"many\":%zu,\"bytes_each\":%.1f", many,
              static_cast<double>(bytes) / static_cast<double>(many - 1));
  measure_times(*world, all, steps);
  std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  using namespace cb::bench;
  const std::string kind = argc > 1 ? argv[1] : "";
  const auto many =
      std::max<std::size_t>(2, argc > 2 ? static_cast<std::size_t>(std::atoll(argv[2])) : 0);
  const auto steps = static_cast<std::size_t>(argc > 3 ? std::atoll(argv[3]) : 100'000);
  const char* const only = argc > 4 ? argv[4] : nullptr;
  if (argc > 2) {
    if (kind == "workers") return measure(kOfWorkers, many, steps, only);
    if (kind == "callers") return measure(kOfCallers, many, steps, only);
    if (kind == "leases") return measure(kOfLeases<SharedLeases>, many, steps, only);
    if (kind == "packed") return measure(kOfLeases<PackedLeases>, many, steps, only);
    if (kind == "pools") return measure(kOfPools, many, steps, only);
  }
  std::fputs("usage: bench-growth workers|callers|leases|packed|pools N [STEPS [OPERATION]]\n",
             stderr);
  return 2;
}
