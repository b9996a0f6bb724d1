#include "core/mass_ending.h"

#include <algorithm>

#include "base/text.h"

namespace cb::core {

void MassEnding::end_everything(std::optional<CallerId> caller) {
  const std::size_t launches = launcher_.doom_all();
  waiting_.refuse_everyone("terminated by TERMINATE_ALL");
  std::set<InstanceId> all;
  for (const InstanceId& id : workers_.ids()) {
    Worker& worker = *workers_.find(id);
    if (!worker.ours) continue;
    endings_.end(worker, "ended by TERMINATE_ALL");
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
  const bool all_accepted =
      std::all_of(asked_.begin(), asked_.end(), [&](const auto& id) { return accepted(id); });
  if (!trouble_.empty() || (all_accepted && !launcher_.doomed_open())) finish();
}

void MassEnding::finish() {
  if (!running_) return;
  running_ = false;
  desk_.agenda.cancel({TimerKind::kTerminateAll, ""});
  TerminatedIds answer;
  std::copy_if(asked_.begin(), asked_.end(), std::back_inserter(answer.ids),
               [&](const InstanceId& id) { return accepted(id); });
  const bool failed = answer.ids.empty() && !asked_.empty();
  const std::string why = !trouble_.empty() ? trouble_
                          : !desk_.cloud_trouble.empty()
                              ? desk_.cloud_trouble
                              : str("EC2 has not accepted any of it within ",
                                    to_string(desk_.settings.terminate_all_patience));
  for (const CallerId caller : callers_) {
    if (failed) {
      desk_.act(Reply{caller, CommandFailed{why + "; it is asked again until it does"}});
    } else {
      desk_.act(Reply{caller, answer});
    }
  }
  callers_.clear();
}

}  // namespace cb::core
