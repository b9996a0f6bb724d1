#pragma once
// TERMINATE_ALL: every worker and every launch known when it arrives.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/launch/launcher.h"
#include "core/workers/terminations.h"

namespace cb::core {

class MassTermination {
 public:
  MassTermination(Step& step, WorkerPool& workers, Terminations& terminations, Launcher& launcher,
                  WaitingRoom& waiting)
      : step_(step),
        workers_(workers),
        terminations_(terminations),
        launcher_(launcher),
        waiting_(waiting) {}

  // Ends everything; `caller` is answered when EC2 has accepted or refused each of them, or after
  // terminate_all_patience with what it has said so far. The rest is retried all the same.
  void end_everything(std::optional<CallerId> caller, const std::string& reason);
  void forget(CallerId caller) { std::erase(callers_, caller); }
  // One call for these was refused as a whole.
  void failed(const std::vector<InstanceId>& ids, const std::string& why) {
    for (const InstanceId& id : ids) failures_[id] = why;
  }
  // Ends every step: answers when there is nothing left to wait for.
  void settle();
  void patience_ended() { finish(); }

 private:
  bool accepted(const InstanceId& id) const;
  const Worker* refused(const InstanceId& id) const;  // null: EC2 has not said no
  std::string why_none(const TerminatedIds& answer) const;
  // Why EC2 has said nothing of it; empty: it is late.
  std::string why_unheard(const InstanceId& id) const;
  void finish();

  Step& step_;
  WorkerPool& workers_;
  Terminations& terminations_;
  Launcher& launcher_;
  WaitingRoom& waiting_;
  std::vector<CallerId> callers_;
  std::set<InstanceId> asked_;
  std::map<InstanceId, std::string> failures_;
  bool running_ = false;
};

}  // namespace cb::core
