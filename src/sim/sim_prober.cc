#include "sim/sim_prober.h"

#include <algorithm>

namespace cb::sim {

using core::ProbeKind;
using core::ProbeOutcome;

SimProber::SimProber(Ground& ground, const Ec2& ec2, Mailbox& mailbox)
    : ground_(ground), ec2_(ec2), mailbox_(mailbox), prng_(stream(ground.options.seed, "prober")) {}

void SimProber::probe(const core::ProbeWorker& what) {
  ground_.timeline.fold("probe", what.probe.value, what.worker.value, what.address, what.port,
                        static_cast<int>(what.kind), what.connect_limit.count(),
                        what.answer_limit.count());
  const Finding finding = find(what);
  mailbox_.deliver_after(finding.after, core::Probed{what.probe, what.worker, finding.outcome});
}

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
    // Half of the dead are off the network, half have only lost their service.
    if (holder->born.time_since_epoch().count() % 2 == 0) return {ProbeOutcome::kRefused, there};
    return {ProbeOutcome::kUnreachable, what.connect_limit};
  }
  if (!holder->accepts || *holder->accepts > now) return {ProbeOutcome::kRefused, there};
  if (what.kind == ProbeKind::kTcp) return {ProbeOutcome::kReady, there};
  return ask_dserv(what, *holder, there);
}

SimProber::Finding SimProber::ask_dserv(const core::ProbeWorker& what, const Instance& holder,
                                        Duration there) {
  const Moment now = ground_.now();
  if (holder.wrong_service) return {ProbeOutcome::kWrong, there};
  // It queues an early request until it has booted; a busy one answers after its script.
  if (!holder.serves || *holder.serves > now + what.answer_limit || ground_.holds(Fault::kBusy)) {
    return {ProbeOutcome::kSilent, there + what.answer_limit};
  }
  return {ProbeOutcome::kReady, std::max(there, Duration{*holder.serves - now})};
}

}  // namespace cb::sim
