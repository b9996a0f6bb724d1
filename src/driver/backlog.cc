#include "driver/backlog.h"

namespace cb::driver {

struct Backlog::KeyOf {
  Key operator()(const core::AttemptRecord& r) const { return {Kind::kAttempt, r.token.value}; }
  Key operator()(const core::DropAttempt& r) const { return {Kind::kAttempt, r.token.value}; }
  Key operator()(const core::WorkerRecord& r) const { return {Kind::kWorker, r.id.value}; }
  Key operator()(const core::DropWorker& r) const { return {Kind::kWorker, r.id.value}; }
  Key operator()(const core::LedgerRecord& r) const { return {Kind::kLedger, r.id.value}; }
  Key operator()(const core::LaunchStamp& r) const { return {Kind::kStamp, r.token.value}; }
  Key operator()(const core::DropLaunchStamp& r) const { return {Kind::kStamp, r.token.value}; }
  Key operator()(const core::ClosedAttempt& r) const { return {Kind::kClosed, r.token.value}; }
  Key operator()(const core::DropClosedAttempt& r) const { return {Kind::kClosed, r.token.value}; }
  Key operator()(const core::LeaseRecord& r) const { return {Kind::kLease, to_text(r.id)}; }
  Key operator()(const core::DropLease& r) const { return {Kind::kLease, to_text(r.id)}; }
  Key operator()(const core::BrokerRecord&) const { return {Kind::kBroker, {}}; }
};

void Backlog::fold(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    latest_.insert_or_assign(std::visit(KeyOf{}, change), change);
  }
}

std::vector<core::Change> Backlog::changes() const {
  std::vector<core::Change> out;
  out.reserve(latest_.size());
  for (const auto& [key, change] : latest_) out.push_back(change);
  return out;
}

}  // namespace cb::driver
