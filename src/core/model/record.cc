#include "core/model/record.h"

#include <array>
#include <utility>

namespace cb::core {
namespace {

constexpr std::array<std::pair<WorkerPhase, std::string_view>, 4> kPhases{
    {{WorkerPhase::kBooting, "booting"},
     {WorkerPhase::kAdopting, "adopting"},
     {WorkerPhase::kReady, "ready"},
     {WorkerPhase::kTerminating, "terminating"}}};

struct Fold {
  Records& into;

  void operator()(const AttemptRecord& record) { into.attempts[record.token] = record; }
  void operator()(const WorkerRecord& record) { into.workers[record.id] = record; }
  void operator()(const LedgerRecord& record) {
    if (record.ended) {
      into.open_ledger.erase(record.id);
    } else {
      into.open_ledger[record.id] = record;
    }
  }
  void operator()(const LaunchStamp& record) { into.stamps[record.token] = record; }
  void operator()(const ClosedAttempt& record) { into.closed[record.token] = record; }
  void operator()(const LeaseRecord& record) { into.leases[record.id] = record; }
  void operator()(const BrokerRecord& record) { into.broker = record; }
  void operator()(const DropAttempt& drop) { into.attempts.erase(drop.token); }
  void operator()(const DropWorker& drop) { into.workers.erase(drop.id); }
  void operator()(const DropLaunchStamp& drop) { into.stamps.erase(drop.token); }
  void operator()(const DropClosedAttempt& drop) { into.closed.erase(drop.token); }
  void operator()(const DropLease& drop) { into.leases.erase(drop.id); }
};

}  // namespace

std::string_view to_string(WorkerPhase phase) {
  for (const auto& [value, name] : kPhases) {
    if (value == phase) return name;
  }
  return "unknown";
}

std::optional<WorkerPhase> parse_worker_phase(std::string_view text) {
  for (const auto& [value, name] : kPhases) {
    if (name == text) return value;
  }
  return {};
}

void Records::apply(const Change& change) {
  std::visit(Fold{*this}, change);
}

void Records::shift_instants(Duration shift) {
  for (auto& [token, attempt] : attempts) {
    attempt.begun += shift;
    if (attempt.last_call) *attempt.last_call += shift;
  }
  for (auto& [id, worker] : workers) {
    worker.begun += shift;
    worker.last_used += shift;
    if (worker.doubted) *worker.doubted += shift;
  }
  for (auto& [token, stamp] : stamps) stamp.at += shift;
  for (auto& [token, attempt] : closed) attempt.at += shift;
  for (auto& [id, lease] : leases) {
    lease.since += shift;
    if (lease.held_until) *lease.held_until += shift;
  }
}

}  // namespace cb::core
