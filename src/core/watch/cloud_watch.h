#pragma once
// What EC2 says exists. One listing serves every need; what the journal and EC2 disagree about is
// settled here: EC2 wins on what exists, the journal on what was meant.

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/launch/launcher.h"
#include "core/watch/claims.h"
#include "core/watch/probes.h"
#include "core/workers/terminations.h"

namespace cb::core {

class CloudWatch {
 public:
  CloudWatch(Step& step, WorkerPool& workers, Terminations& terminations, Launcher& launcher,
             Probes& probes, Claims& claims)
      : step_(step),
        workers_(workers),
        terminations_(terminations),
        launcher_(launcher),
        probes_(probes),
        claims_(claims) {}

  // Asks who we are; listings begin with the answer.
  void identify();
  void identified(const CloudIdentity& identity);
  // Nothing is launched, ended or believed until we know whose the new keys are.
  void keys_changed();
  void listed(const Listed& answer);

  // A caller came while the latest word of EC2 was trouble: it is asked again before he hears it.
  void doubt_trouble();
  // LIST_ALL: answered by the listing in flight, or by the next (at most one a second).
  void list_for(CallerId caller);
  void forget(CallerId caller);
  void refuse_listers(const std::string& why);

  // Ends every step: begins a listing that is wanted and allowed, or arms the timer for it.
  // `hurry`: something is pending that a listing will settle.
  void schedule(bool hurry);
  void listing_due() { due_ = true; }
  // EC2 has had time to say whether the workers of the journal still run.
  void patience_ended() {
    if (!step_.listed_once) trust_journal();
  }

 private:
  // What the listing by tag did not show of ours, asked for by id.
  struct ByIds {
    QueryId query;
    std::vector<InstanceId> ids;
    Instant begun;
    AllInstances shown;             // by the listing before
    std::vector<CallerId> listers;  // who wait for both
  };

  void complete(const Listing& listing);
  void failed(const CloudFailure& failure);
  void trust_journal();
  void by_ids(ByIds asked, const ListResult& result);
  void not_known(const InstanceId& id, Instant asked);
  void tag_lost(const Worker& worker, const InstanceView& view);
  void taken_over(const InstanceView& view);
  void update(const Worker& worker, const InstanceView& view);
  void running(const Worker& worker, const InstanceView& view);
  void say_moved(const Worker& worker, const std::string& address);
  void stopped(const Worker& worker, const InstanceView& view);
  void ending(const Worker& worker, const InstanceView& view);
  void unknown(const InstanceView& view);
  void known(const InstanceView& view);
  void adopt(const InstanceView& view, bool tagged, const std::string& former_owner);
  std::vector<InstanceId> missing_from(const std::set<InstanceId>& seen);
  void ask_for_missing(std::vector<InstanceId> ids, const Listing& listing);
  void show(AllInstances& answer, const Listing& listing) const;
  void answer_listers(const std::vector<CallerId>& listers, const AllInstances& answer);
  ListByTag ours() const;
  bool holds_anything() const;
  bool region_changed() const;  // since our records were made
  bool wrong_account(const CloudIdentity& identity) const;
  void refuse_account(const CloudIdentity& identity);
  void account_not_named();
  void go_on();
  // While STS names no account: a listing that shows an instance of ours proves it.
  bool proves_account(const Listing& listing) const;
  void not_believed();

  Step& step_;
  WorkerPool& workers_;
  Terminations& terminations_;
  Launcher& launcher_;
  Probes& probes_;
  Claims& claims_;

  std::optional<QueryId> in_flight_;
  std::optional<Instant> last_begun_;
  std::optional<Instant> failing_since_;
  std::string failing_how_;
  bool due_ = false;
  // What is known of the keys in use. Confirmed: they are of the account of our records, as STS or
  // an instance of ours said. In doubt: STS names none, and we hold something to lose.
  enum class Keys { kUnknown, kConfirmed, kInDoubt, kWrong };
  Keys keys_ = Keys::kUnknown;
  bool identifying_ = false;
  bool asked_with_former_keys_ = false;  // that Identify may be about them
  std::optional<ByIds> by_ids_;
  std::vector<CallerId> listers_;
  std::set<InstanceId> reported_;   // said once: left alone
  std::optional<Instant> doubted_;  // since then
};

}  // namespace cb::core
