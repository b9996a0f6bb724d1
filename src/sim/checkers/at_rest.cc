#include "sim/checkers/at_rest.h"

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kRule = "at-rest";

}  // namespace

void AtRest::rested() {
  if (!process_.runs()) throw Violated(kRule, "the broker does not run");
  for (const auto& [caller, waiting] : history_.waiting()) {
    throw Violated(kRule, str("caller ", caller.value, " still waits"));
  }
  for (const auto& [id, life] : history_.lives()) {
    if (!life.instance->alive()) continue;
    throw Violated(
        kRule, str(id.value, " still runs, ", life.known ? "known" : "unknown", " to the broker"));
  }
  const core::Records records = process_.broker().records();
  for (const auto& [token, attempt] : records.attempts) {
    throw Violated(kRule, str("launch ", token.value, " is still open in the journal"));
  }
  for (const auto& [id, worker] : records.workers) {
    throw Violated(
        kRule, str("worker ", id.value, " is still in the journal as ", to_string(worker.phase)));
  }
}

}  // namespace cb::sim
