#pragma once
// How workers end: marked in the journal first, asked of EC2 next, asked again until a listing
// says terminated, and only then forgotten.

#include <optional>
#include <string>

#include "core/workers/lease_table.h"

namespace cb::core {

class Terminations {
 public:
  Terminations(Step& step, WorkerPool& workers, LeaseTable& leases)
      : step_(step), workers_(workers), leases_(leases) {}

  // Marks `worker` and queues the call. `reason` is the clause of the log line ("idle 900 s (limit
  // 900 s)"). A worker already ending keeps its first reason. Nothing for one that is not ours.
  void end(const Worker& worker, const std::string& reason, LogLevel level = LogLevel::kInfo);
  // Ends one that nobody ever had and that is not what its pool would launch now: it only stands in
  // the way of those who wait.
  void end_unfit(const Worker& worker);
  // EC2 ends it on its own account: marked, and not asked for.
  void ends_by_itself(const Worker& worker, const std::string& reason);

  void answered(const TerminateAnswered& answer);
  // The timer of a repeated call.
  void repeat(const InstanceId& id);
  // A person asks again for what EC2 has refused: perhaps it no longer does.
  void ask_anew(const Worker& worker);
  // The cloud may be asked (again): everything unfinished is asked for at once.
  void ask_for_all();

  // EC2's last word: closes the ledger and drops the record. `ended`: when, if EC2 said.
  void gone(const InstanceId& id, std::optional<WallTime> ended, const std::string& why,
            Leaving how);
  // `worker` was just taken up: ends it when its end was wanted before EC2 lost sight of it.
  void end_as_wanted(const Worker& worker);

 private:
  void mark(const Worker& worker, const std::string& reason);
  void ask(const Worker& worker, Duration again_after);
  const Worker* ending(const InstanceId& id);
  void accepted(const TerminatedNow& now);
  void failed(const std::vector<InstanceId>& asked, const CloudFailure& failure);
  void refused(const InstanceRefused& one);
  Duration ask_later(const Worker& worker);

  Step& step_;
  WorkerPool& workers_;
  LeaseTable& leases_;
};

// EC2's refusal to end `worker` in one sentence, with what a person can do.
std::string why_refused(const Worker& worker);

}  // namespace cb::core
