#include "sim/checkers/at_rest.h"

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kAtRestRule = "at-rest";

}  // namespace

void AtRest::rested() {
  if (!process_.runs()) throw Violated(kAtRestRule, "the broker does not run");
  for (const auto& [caller, waiting] : history_.waiting()) {
    throw Violated(kAtRestRule, str("caller ", caller.value, " still waits"));
  }
  for (const auto& [id, life] : history_.lives()) {
    if (!life.instance->alive()) continue;
    throw Violated(kAtRestRule, str(id.value, " still runs, ", life.known ? "known" : "unknown",
                                    " to the broker"));
  }
  for (const Instance& instance : ec2_.all()) {
    if (instance.owner != Owner::kRival || !instance.alive()) continue;
    throw Violated(kAtRestRule,
                   str(instance.id.value, " still runs, which a broker of our name left ",
                       "behind that is gone for good"));
  }
  const core::Records records = process_.broker().records();
  for (const auto& [token, attempt] : records.attempts) {
    throw Violated(kAtRestRule, str("launch ", token.value, " is still open in the journal"));
  }
  for (const auto& [id, lease] : records.leases) {
    throw Violated(kAtRestRule, str("lease ", to_text(id), " is still in the journal"));
  }
  for (const auto& [id, worker] : records.workers) {
    throw Violated(kAtRestRule, str("worker ", id.value, " is still in the journal as ",
                                    to_string(worker.phase)));
  }
}

}  // namespace cb::sim
