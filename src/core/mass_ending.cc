#include "core/mass_ending.h"

#include <algorithm>

#include "base/text.h"

namespace cb::core {

void MassEnding::end_everything(std::optional<CallerId> caller, const std::string& reason) {
  const std::size_t launches = launcher_.doom_all();
  waiting_.refuse_everyone("terminated by TERMINATE_ALL");
  std::set<InstanceId> all;
  for (const InstanceId& id : workers_.ids()) {
    Worker& worker = *workers_.find(id);
    if (!worker.ours) continue;
    endings_.ask_anew(worker);
    endings_.end(worker, reason);
    all.insert(id);
  }
  if (caller && all.empty() && launches == 0) {
    desk_.act(Reply{*caller, TerminatedIds{.ids = {}, .nothing_to_do = true}});
    return;
  }
  if (!running_) {
    asked_.clear();
    trouble_.clear();
    running_ = true;
    desk_.agenda.arm({TimerKind::kTerminateAll, ""},
                     desk_.now.boot + desk_.settings.terminate_all_patience);
  }
  asked_.merge(all);
  if (caller) callers_.push_back(*caller);
}

bool MassEnding::accepted(const InstanceId& id) const {
  const auto found = workers_.all().find(id);
  return found == workers_.all().end() || found->second.end_confirmed;
}

void MassEnding::settle() {
  if (!running_) return;
  // A launch that was under way has an instance by now: it belongs to the answer.
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.ours && worker.record.phase == WorkerPhase::kTerminating) asked_.insert(id);
  }
  const bool all_settled = std::all_of(asked_.begin(), asked_.end(), [&](const auto& id) {
    return accepted(id) || refused(id) != nullptr;
  });
  if (!trouble_.empty() || (all_settled && !launcher_.doomed_open())) finish();
}

const Worker* MassEnding::refused(const InstanceId& id) const {
  const auto found = workers_.all().find(id);
  return found != workers_.all().end() && found->second.end_refusal ? &found->second : nullptr;
}

std::string MassEnding::why_none(const TerminatedIds& answer) const {
  if (!trouble_.empty()) return trouble_;
  std::vector<std::string> refusals;
  for (const auto& one : answer.refused) refusals.push_back(str(one.id.value, ": ", one.why));
  if (!refusals.empty()) return join(refusals, "; ");
  if (!desk_.cloud_trouble.empty()) return desk_.cloud_trouble;
  return str("EC2 has not accepted any of it within ",
             to_string(desk_.settings.terminate_all_patience));
}

void MassEnding::finish() {
  if (!running_) return;
  running_ = false;
  desk_.agenda.cancel({TimerKind::kTerminateAll, ""});
  TerminatedIds answer;
  for (const InstanceId& id : asked_) {
    if (accepted(id)) {
      answer.ids.push_back(id);
    } else if (const Worker* const worker = refused(id)) {
      answer.refused.push_back({id, why_refused(*worker)});
    }
  }
  const bool none = answer.ids.empty() && !asked_.empty();
  for (const CallerId caller : callers_) {
    if (none) {
      const std::string why = str(why_none(answer), "; it is asked again until it does");
      desk_.act(Reply{caller, CommandFailed{why}});
    } else {
      desk_.act(Reply{caller, answer});
    }
  }
  callers_.clear();
}

}  // namespace cb::core
