// What History learns from what the broker writes down.

#include "sim/checkers/history.h"

namespace cb::sim {

void History::given_up(const LaunchToken& token) {
  const auto found = open_.find(token);
  if (found == open_.end() || found->second->unknown || found->second->in_flight) return;
  settle(token);
}

void History::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    if (const auto* drop = std::get_if<core::DropAttempt>(&change)) given_up(drop->token);
    const auto* worker = std::get_if<core::WorkerRecord>(&change);
    Life* const life = worker != nullptr ? find(worker->id) : nullptr;
    if (life == nullptr) continue;
    life->doubt_written = worker->doubted.has_value();
    if (worker->phase == core::WorkerPhase::kTerminating) life->end_decided = true;
  }
  last_commit_ = ground_.now();
  commit_failing_ = false;
}

// When a lease ends an idle clock goes on that stood still, written or not.
void History::decided(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    if (const auto* l = std::get_if<core::LeaseRecord>(&change)) leased_[l->id] = l->worker;
    const auto* end = std::get_if<core::DropLease>(&change);
    if (Life* life = end ? find(leased_[end->id]) : nullptr) life->stirred = ground_.now();
  }
}

}  // namespace cb::sim
