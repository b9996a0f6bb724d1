#include <chrono>

#include "sim/run/runner.h"

namespace cb::sim {

Narrowing shrink(std::uint64_t seed, const Narrowing& from, const std::string& rule,
                 std::ostream& progress) {
  Narrowing best = from;
  const auto still_fails = [&](const Narrowing& tried) {
    const Outcome outcome = run_world(seed, tried, nullptr);
    if (!outcome.failure || outcome.failure->rule != rule) return false;
    best = tried;
    progress << "still fails:" << best.flags() << '\n' << std::flush;
    return true;
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    const Options options = draw_options(seed, best);
    for (const FaultRow& one : fault_table()) {
      if (options.dose_of(one.fault) == 0) {
        best.without.insert(one.fault);  // this world has not got it anyway
        continue;
      }
      Narrowing tried = best;
      if (tried.without.insert(one.fault).second) smaller = still_fails(tried) || smaller;
    }
    const int crowd = options.clients;
    for (const int clients : {1, crowd / 2, crowd - 1}) {
      Narrowing tried = best;
      tried.clients = clients;
      if (clients > 0 && clients < draw_options(seed, best).clients) {
        smaller = still_fails(tried) || smaller;
      }
    }
    for (const Duration length : {Duration{hours{1}}, best.length / 2, best.length - hours{1}}) {
      Narrowing tried = best;
      tried.length = std::chrono::ceil<hours>(length);
      if (tried.length >= hours{1} && tried.length < best.length) {
        smaller = still_fails(tried) || smaller;
      }
    }
  }
  return best;
}

}  // namespace cb::sim
