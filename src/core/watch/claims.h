#pragma once
// Whose an instance of our name is. Two brokers may be given one name by mistake, and each finds
// the other's workers by its tag; so every instance says in compute-broker-owner who answers for
// it, and its owner renews that while it lives. Nobody touches what another one claims. An owner
// that has been silent for takeover_after is gone, and what it left is taken over.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/claim.h"
#include "core/workers/worker_pool.h"

namespace cb::core {

class Claims {
 public:
  Claims(Step& step, WorkerPool& workers) : step_(step), workers_(workers) {}

  // Another broker's claim on `view`; unset: it is ours, or nobody's.
  std::optional<Claim> another_on(const InstanceView& view) const;
  // `view` is not ours to answer for, by its claim. True when its owner is gone for good, so that
  // it may be adopted; else both brokers are told of each other.
  bool abandoned(const InstanceView& view, const std::string& region, const Claim& claim);
  // Another broker has taken `worker` over while we were silent.
  bool lost(const Worker& worker, const InstanceView& view) const;
  // A listing shows an instance of ours: whether another broker was there.
  void look_for_rival(const InstanceView& view);

  // `id` is ours, and EC2 shows it: it should say so soon.
  void take(const InstanceId& id);
  // Ends every step: renews what is due, in one call a region.
  void settle();
  void tagged(const Tagged& answer);

 private:
  struct Seen {
    std::string value;
    Instant since;   // it stands so
    Instant latest;  // we have looked
  };
  Duration interval() const { return step_.settings.takeover_after / 5; }
  std::string now() const;
  bool ours(const Claim& claim) const;
  bool expired(const InstanceView& view) const;
  void renew();
  void leave_mark(const InstanceId& id, const std::string& region);
  void say_why_not(const Tagged& answer);
  std::string region_of(const std::vector<InstanceId>& ids) const;

  Step& step_;
  WorkerPool& workers_;
  std::map<InstanceId, Seen> anothers_;  // claims that are not ours, since when they stand so
  std::set<std::string> rivals_told_;    // their nonces
  std::string mark_seen_;
  std::set<InstanceId> fresh_;
  std::optional<Instant> next_;  // renewal; unset: none of ours is known
  std::optional<Instant> next_mark_;
  std::size_t in_flight_ = 0;                        // calls
  std::map<std::string, std::string> trouble_told_;  // the latest code, by region
};

}  // namespace cb::core
