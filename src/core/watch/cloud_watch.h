#pragma once
// What the EC2 of one region says exists. One listing serves every need; what the journal and EC2
// disagree about is settled here: EC2 wins on what exists, the journal on what was meant. A region
// that refuses or does not answer holds up no other.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/launch/launcher.h"
#include "core/watch/account.h"
#include "core/watch/claims.h"
#include "core/watch/listers.h"
#include "core/watch/probes.h"
#include "core/workers/terminations.h"

namespace cb::core {

class CloudWatch {
 public:
  // What the watches of all regions share.
  struct Shared {
    Step& step;
    WorkerPool& workers;
    Terminations& terminations;
    Launcher& launcher;
    Probes& probes;
    Claims& claims;
    Account& account;
    Listers& listers;
  };
  CloudWatch(std::string region, const Shared& shared)
      : region_(std::move(region)),
        step_(shared.step),
        cloud_(step_.cloud(region_)),
        workers_(shared.workers),
        terminations_(shared.terminations),
        launcher_(shared.launcher),
        probes_(shared.probes),
        claims_(shared.claims),
        account_(shared.account),
        all_listers_(shared.listers) {}

  // False: the answer is to no question of this watch.
  bool listed(const Listed& answer);
  // Whose listing is in flight, nobody can tell: its answer is not waited for.
  void keys_changed();
  // The keys are another account's: nobody is listed for, and what is known is served.
  void keys_refused();

  // A caller came while the latest word of EC2 was trouble: it is asked again before he hears it.
  void doubt_trouble();
  // LIST_ALL: answered by the listing in flight, or by the next (at most one a second).
  void list_for(CallerId caller);
  void forget(CallerId caller);

  // Ends every step: asks for the ends that are wanted, begins a listing that is wanted and
  // allowed, or arms the timer for it.
  // `hurry`: something is pending that a listing will settle.
  void schedule(bool hurry);
  void listing_due() {
    due_ = true;
    next_.reset();
  }
  // EC2 has had time to say whether the workers of the journal still run.
  void patience_ended() {
    if (!cloud_.listed_once) trust_journal();
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

  void refuse_listers(const std::string& why);
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

  std::string region_;
  Step& step_;
  CloudState& cloud_;
  WorkerPool& workers_;
  Terminations& terminations_;
  Launcher& launcher_;
  Probes& probes_;
  Claims& claims_;
  Account& account_;
  Listers& all_listers_;

  std::optional<QueryId> in_flight_;
  std::optional<Instant> last_begun_;
  std::optional<Instant> next_;  // what the timer is armed for
  std::optional<Instant> failing_since_;
  std::string failing_how_;
  bool of_former_keys_ = false;  // the trouble, until the first answer to the new ones
  bool due_ = false;
  std::optional<ByIds> by_ids_;
  std::vector<CallerId> listers_;
  std::set<InstanceId> reported_;   // said once: left alone
  std::optional<Instant> doubted_;  // since then
};

}  // namespace cb::core
