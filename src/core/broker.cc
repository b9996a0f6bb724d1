#include "core/broker.h"

#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "core/broker_state.h"

namespace cb::core {

Broker::Broker(Settings settings, EncodeLaunch encode)
    : state_(std::make_unique<State>(std::move(settings), encode)) {}
Broker::~Broker() = default;

Decision Broker::step(Now now, const Event& event) {
  CHECK(now.boot >= state_->step.now.boot || !state_->begun);
  const Instant before = state_->step.now.boot;
  state_->step.now = now;
  state_->step.out = {};
  state_->notice_pause(before);
  std::visit([&](const auto& what) { state_->on(what); }, event);
  state_->end_step();
  return std::move(state_->step.out);
}

std::optional<Instant> Broker::next_deadline() const {
  return state_->step.timers.next();
}

bool Broker::quiet() const {
  const State& s = *state_;
  if (s.waiting.size() != 0) return false;
  return !s.ending_all || (s.workers.counted() == 0 && s.launcher.open() == 0);
}

Records Broker::records() const {
  const State& s = *state_;
  Records out;
  out.broker = s.step.identity;
  out.attempts = s.launcher.attempts();
  out.stamps = s.limits.stamps();
  out.closed = s.launcher.closed();
  out.leases = s.leases.records();
  for (const auto& [id, worker] : s.workers.all()) {
    if (!worker.ours) continue;
    out.workers.emplace(id, worker.record);
    out.open_ledger.emplace(id, s.workers.ledger_line(worker));
  }
  return out;
}

}  // namespace cb::core
