#include "core/watch/mass_termination.h"

#include <algorithm>

#include "base/text.h"

namespace cb::core {

void MassTermination::end_everything(std::optional<CallerId> caller, const std::string& reason) {
  const std::size_t launches = launcher_.doom_all();
  waiting_.refuse_everyone(RefusalReason::kTerminated, "terminated by TERMINATE_ALL");
  std::set<InstanceId> all;
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (!worker.ours) continue;
    terminations_.ask_anew(worker);
    terminations_.end(worker, reason);
    all.insert(id);
  }
  if (caller && all.empty() && launches == 0) {
    step_.act(Reply{*caller, TerminatedIds{.ids = {}, .nothing_to_do = true}});
    return;
  }
  if (!running_) {
    asked_.clear();
    failures_.clear();
    running_ = true;
    step_.timers.arm({TimerKind::kTerminateAll, ""},
                     step_.now.boot + step_.settings.terminate_all_patience);
  }
  asked_.merge(all);
  if (caller) callers_.push_back(*caller);
}

bool MassTermination::accepted(const InstanceId& id) const {
  const auto found = workers_.all().find(id);
  return found == workers_.all().end() || found->second.end_confirmed;
}

void MassTermination::settle() {
  if (!running_) return;
  // A launch that was under way has an instance by now: it belongs to the answer.
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.ours && worker.record.phase == WorkerPhase::kTerminating) asked_.insert(id);
  }
  const bool all_settled = std::all_of(asked_.begin(), asked_.end(), [&](const auto& id) {
    return accepted(id) || refused(id) != nullptr || failures_.contains(id);
  });
  if (all_settled && (!failures_.empty() || !launcher_.doomed_open())) finish();
}

const Worker* MassTermination::refused(const InstanceId& id) const {
  const auto found = workers_.all().find(id);
  return found != workers_.all().end() && found->second.end_refusal ? &found->second : nullptr;
}

std::string MassTermination::why_none(const TerminatedIds& answer) const {
  if (!failures_.empty()) return failures_.begin()->second;
  std::vector<std::string> refusals;
  for (const auto& one : answer.refused) refusals.push_back(str(one.id.value, ": ", one.why));
  if (!refusals.empty()) return join(refusals, "; ");
  for (const InstanceId& id : asked_) {
    if (std::string why = why_unheard(id); !why.empty()) return why;
  }
  return str("EC2 has not accepted any of it within ",
             to_string(step_.settings.terminate_all_patience));
}

std::string MassTermination::why_unheard(const InstanceId& id) const {
  if (const auto failure = failures_.find(id); failure != failures_.end()) return failure->second;
  const std::string& region = workers_.find(id)->record.region;
  const std::string& trouble = step_.trouble_in(region);
  return trouble.empty() ? step_.cloud(region).doubt : trouble;
}

void MassTermination::finish() {
  if (!running_) return;
  running_ = false;
  step_.timers.cancel({TimerKind::kTerminateAll, ""});
  TerminatedIds answer;
  for (const InstanceId& id : asked_) {
    if (accepted(id)) {
      answer.ids.push_back(id);
    } else if (const Worker* const worker = refused(id)) {
      answer.refused.push_back({id, why_refused(*worker)});
    }
  }
  const bool none = answer.ids.empty() && !asked_.empty();
  for (const InstanceId& id : asked_) {
    if (none || accepted(id) || refused(id) != nullptr) continue;
    std::string why = why_unheard(id);
    if (!why.empty()) answer.refused.push_back({id, std::move(why)});
  }
  for (const CallerId caller : callers_) {
    if (none) {
      const std::string why = str(why_none(answer), "; it is asked again until it does");
      step_.act(Reply{caller, CommandFailed{why}});
    } else {
      step_.act(Reply{caller, answer});
    }
  }
  callers_.clear();
}

}  // namespace cb::core
