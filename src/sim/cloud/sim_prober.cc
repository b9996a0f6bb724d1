#include "sim/cloud/sim_prober.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {

using core::ProbeKind;
using core::ProbeOutcome;

namespace {

// How soon somebody looks again where it is not known when there will be an answer.
constexpr Duration kAWhile = seconds{5};

}  // namespace

SimProber::SimProber(Ground& ground, const Ec2& ec2, Mailbox& mailbox)
    : ground_(ground), ec2_(ec2), mailbox_(mailbox), prng_(stream(ground.options.seed, "prober")) {}

void SimProber::probe(const core::ProbeWorker& what) {
  ground_.timeline.fold("probe", what.probe.value, what.worker.value, what.address, what.port,
                        static_cast<int>(what.kind), what.connect_limit.count(),
                        what.keep_alive.count(), what.keep_alive_max);
  ground_.tell([&](Watcher& watcher) { watcher.probe_called(what); });
  if (what.kind == ProbeKind::kDserv) return ask(what);
  const Finding finding = find(what);
  mailbox_.deliver_after(finding.after,
                         core::Probed{what.probe, what.worker, finding.outcome, what.kind});
}

// Whether a connection can be made there.
SimProber::Finding SimProber::find(const core::ProbeWorker& what) {
  if (ground_.holds(Fault::kNetworkCut) || ground_.strikes(Fault::kProbeLost)) {
    return {ProbeOutcome::kUnreachable, what.connect_limit};
  }
  const Moment now = ground_.now();
  const Duration there = prng_.between(milliseconds{1}, milliseconds{40});
  const Instance* holder = ec2_.at_address(what.address);
  if (holder == nullptr || !holder->running()) {
    return {ProbeOutcome::kUnreachable, what.connect_limit};
  }
  if (holder->dead) {
    if (holder->still_refuses()) return {ProbeOutcome::kRefused, there};
    return {ProbeOutcome::kUnreachable, what.connect_limit};
  }
  if (!holder->accepts || *holder->accepts > now) return {ProbeOutcome::kRefused, there};
  return {ProbeOutcome::kReady, there};
}

void SimProber::ask(const core::ProbeWorker& what) {
  const auto found = kept_.find(what.worker);
  if (found != kept_.end() && !found->second->open && flows(*found->second) &&
      found->second->service == found->second->holder->services) {
    const Connection kept = found->second;
    kept->what = what;
    kept->open = true;
    return put(kept, prng_.between(milliseconds{1}, milliseconds{40}));
  }
  kept_.erase(what.worker);
  const Finding finding = find(what);
  if (finding.outcome != ProbeOutcome::kReady) {
    mailbox_.deliver_after(finding.after,
                           core::Probed{what.probe, what.worker, finding.outcome, what.kind});
    return;
  }
  const Instance& holder = *ec2_.at_address(what.address);
  one_place(what, holder);
  const Connection kept =
      std::make_shared<Kept>(Kept{.what = what, .holder = &holder, .service = holder.services});
  kept->forgotten = ground_.would_strike(Fault::kFlowForgotten);
  kept_[what.worker] = kept;
  if (ground_.strikes(Fault::kPlacesTaken)) {
    say(*kept, ProbeOutcome::kAsked, finding.after);
    mailbox_.when_alive(finding.after, [this, kept] { settle(kept, ProbeOutcome::kAccepted); });
    return;
  }
  put(kept, finding.after);
}

// dserv gives one address eight places, and takes one that was left only when it gets to it.
void SimProber::one_place(const core::ProbeWorker& what, const Instance& holder) {
  std::erase_if(abandoned_, [&](const Connection& left) {
    return left->service != left->holder->services || !left->holder->running() ||
           left->holder->dead || left->forgotten || answers(*left);
  });
  for (const Connection& left : abandoned_) {
    // That somebody had this address before, and was asked here, nobody can know.
    if (left->holder != &holder || left->what.worker != what.worker) continue;
    throw Violated("8-one-place", str(what.worker.value, " is asked while a question that was ",
                                      "abandoned still has its place there"));
  }
}

void SimProber::put(const Connection& kept, Duration there) {
  say(*kept, ProbeOutcome::kAsked, there);
  const auto from = answers_from(*kept);
  const Duration left = from ? std::max(Duration{*from - ground_.now()}, there) : kAWhile;
  mailbox_.when_alive(left, [this, kept, probe = kept->what.probe] {
    if (kept->open && kept->what.probe == probe) look(kept);
  });
  mailbox_.when_alive(kept->what.keep_alive, [this, kept, probe = kept->what.probe] {
    if (kept->open && kept->what.probe == probe) keep_alive(kept);
  });
}

// From when on there is an answer; unset: nobody knows.
std::optional<Moment> SimProber::answers_from(const Kept& kept) const {
  const Instance& holder = *kept.holder;
  const Moment now = ground_.now();
  if (holder.wrong_service || (holder.early_until && now < *holder.early_until)) return now;
  if (!holder.serves || ground_.would_hold(Fault::kBusy)) return {};
  return std::max({now, *holder.serves, holder.busy_until});
}

bool SimProber::answers(const Kept& kept) const {
  const auto from = answers_from(kept);
  return from && *from <= ground_.now();
}

bool SimProber::flows(const Kept& kept) const {
  return !kept.forgotten && !ground_.would_hold(Fault::kNetworkCut) && kept.holder->running() &&
         ec2_.at_address(kept.what.address) == kept.holder &&
         !(kept.holder->dead && !kept.holder->still_refuses());
}

void SimProber::look(const Connection& kept) {
  if (flows(*kept) && answers(*kept)) {
    return settle(kept, kept->holder->wrong_service ? ProbeOutcome::kWrong : ProbeOutcome::kReady);
  }
  if (ground_.would_hold(Fault::kBusy)) ground_.met(Fault::kBusy);
  const auto from = answers_from(*kept);
  const Duration left = from ? Duration{*from - ground_.now()} : kAWhile;
  mailbox_.when_alive(left > Duration{0} ? left : kAWhile, [this, kept, probe = kept->what.probe] {
    if (kept->open && kept->what.probe == probe) look(kept);
  });
}

void SimProber::keep_alive(const Connection& kept) {
  if (flows(*kept) && answers(*kept)) return look(kept);  // sooner than it had to be expected
  kept->missed = flows(*kept) ? 0 : kept->missed + 1;
  if (kept->missed == kept->what.keep_alive_max) {
    if (kept->forgotten) ground_.met(Fault::kFlowForgotten);
    return settle(kept, ProbeOutcome::kLost);
  }
  mailbox_.when_alive(kept->what.keep_alive, [this, kept, probe = kept->what.probe] {
    if (kept->open && kept->what.probe == probe) keep_alive(kept);
  });
}

void SimProber::say(const Kept& kept, ProbeOutcome outcome, Duration after) {
  mailbox_.deliver_after(
      after, core::Probed{kept.what.probe, kept.what.worker, outcome, ProbeKind::kDserv});
}

void SimProber::settle(const Connection& kept, ProbeOutcome outcome) {
  if (!kept->open) return;
  kept->open = false;
  if (outcome != ProbeOutcome::kReady) kept_.erase(kept->what.worker);
  mailbox_.deliver(core::Probed{kept->what.probe, kept->what.worker, outcome, ProbeKind::kDserv});
}

void SimProber::hang_up(const InstanceId& worker) {
  ground_.timeline.fold("hang up", worker.value);
  const auto found = kept_.extract(worker);
  if (found.empty()) return;
  const Connection kept = found.mapped();
  if (kept->open) abandoned_.push_back(std::make_shared<Kept>(*kept));
  kept->open = false;
}

// Its connections end with it.
void SimProber::service_ended(const Instance& instance) {
  for (const auto& entry : kept_) {
    const Connection kept = entry.second;
    if (kept->holder != &instance || !flows(*kept)) continue;
    mailbox_.when_alive(prng_.between(milliseconds{1}, milliseconds{40}), [this, kept] {
      if (kept->service != kept->holder->services || kept->holder->dead) {
        settle(kept, ProbeOutcome::kAccepted);
      }
    });
  }
}

// The questions of a process that is gone are nobody's fault.
void SimProber::went_down() {
  for (const auto& [id, kept] : kept_) kept->open = false;
  kept_.clear();
  abandoned_.clear();
}

}  // namespace cb::sim
