#include "core/watch/claims.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/advice/cloud_error.h"
#include "core/launch/launch_plan.h"

namespace cb::core {

std::string Claims::now() const {
  return to_tag({step_.identity.nonce, step_.place, iso8601(step_.now.wall)});
}

bool Claims::ours(const Claim& claim) const {
  const bool same_place = !claim.place.empty() && claim.place == step_.place;
  return claim.nonce == step_.identity.nonce || same_place;
}

std::optional<Claim> Claims::another_on(const InstanceView& view) const {
  auto claim = parse_claim(view.tag(kOwnerTag));
  if (!claim) {
    // Of a version that did not claim yet, or the tag is gone: its launch says whose it was.
    const std::string nonce = nonce_of({std::string(view.tag(kTokenTag))});
    if (nonce.empty()) return {};
    claim = Claim{nonce, "", ""};
  }
  if (ours(*claim)) return {};
  return claim;
}

// It was to have ended by itself by now: whoever cannot renew its claims has had its time.
bool Claims::expired(const InstanceView& view) const {
  const auto expiry = parse_iso8601(view.tag(kExpiryTag));
  return !expiry || *expiry + step_.settings.takeover_after <= step_.now.wall;
}

bool Claims::abandoned(const InstanceView& view, const std::string& region, const Claim& claim) {
  const std::string value = to_tag(claim);
  Seen& seen =
      anothers_.try_emplace(view.id, Seen{value, step_.now.boot, step_.now.boot}).first->second;
  // What was not looked at for so long was not watched: the answer may be as old as that, when this
  // process stood still before it read it.
  const bool watched = step_.now.boot - seen.latest <= step_.settings.takeover_after / 2;
  if (seen.value != value || !watched) seen.since = step_.now.boot;
  seen.value = value;
  seen.latest = step_.now.boot;
  const bool silent = step_.now.boot - seen.since >= step_.settings.takeover_after;
  const bool gone = silent && (!claim.stamp.empty() || expired(view));
  const std::string limit = to_string(step_.settings.takeover_after);
  if (gone) {
    step_.log(LogLevel::kAlert, "broker.takeover", about(view.id),
              str("the broker ", claim.nonce, " has not renewed its claim on instance ",
                  view.id.value, " for ", limit, ": it is gone, and its instance is taken over"));
    anothers_.erase(view.id);
    return true;
  }
  if (rivals_told_.insert(claim.nonce).second) {
    step_.log(
        LogLevel::kAlert, "broker.rival", about(view.id),
        str("instance ", view.id.value, " belongs to another broker named ", step_.settings.name,
            " (", claim.nonce, "): left alone; give one of them another name. If that one is ",
            "gone for good, what it left is taken over when it has been silent for ", limit,
            claim.stamp.empty() ? " after its instance should have ended by itself" : ""));
  }
  leave_mark(view.id, region);
  return false;
}

// So that the owner hears of us, although nothing of ours may run.
void Claims::leave_mark(const InstanceId& id, const std::string& region) {
  if (step_.stopping || !step_.cloud_open || (next_mark_ && step_.now.boot < *next_mark_)) return;
  next_mark_ = step_.now.boot + interval();
  step_.act(TagInstances{region, {id}, std::string(kRivalTag), now()});
}

void Claims::look_for_rival(const InstanceView& view) {
  const std::string_view tag = view.tag(kRivalTag);
  if (tag.empty() || tag == mark_seen_) return;
  mark_seen_ = std::string(tag);
  const auto mark = parse_claim(tag);
  if (!mark || ours(*mark)) return;
  // A mark of long ago is of nobody who is there now.
  const auto when = parse_iso8601(mark->stamp);
  if (!when || *when + step_.settings.takeover_after < step_.now.wall) return;
  if (!rivals_told_.insert(mark->nonce).second) return;
  step_.log(LogLevel::kAlert, "broker.rival", about(view.id),
            str("another broker named ", step_.settings.name, " (", mark->nonce,
                ") has found our instance ", view.id.value, " and leaves it alone as long as we ",
                "renew our claim: give one of them another name"));
}

bool Claims::lost(const Worker& worker, const InstanceView& view) const {
  const auto claim = parse_claim(view.tag(kOwnerTag));
  if (!claim || ours(*claim)) return false;
  return claim->nonce != worker.record.former_owner;
}

void Claims::take(const InstanceId& id) {
  fresh_.insert(id);
  if (!next_) next_ = step_.now.boot;
}

void Claims::settle() {
  if (!next_ || in_flight_ != 0 || !step_.cloud_open || step_.stopping) return;
  if (fresh_.empty() && step_.now.boot < *next_) return;
  renew();
}

void Claims::renew() {
  const bool all = step_.now.boot >= *next_;
  std::map<std::string, std::vector<InstanceId>> ids;  // by region
  bool any = false;
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (!worker.ours || worker.end_confirmed) continue;
    any = true;
    if (all || fresh_.contains(id)) ids[worker.record.region].push_back(id);
  }
  fresh_.clear();
  if (!any) {
    next_.reset();
    return step_.timers.cancel({TimerKind::kClaim, ""});
  }
  if (all) next_ = step_.now.boot + interval();
  step_.timers.arm({TimerKind::kClaim, ""}, *next_);
  in_flight_ = ids.size();
  for (auto& [region, there] : ids) {
    step_.act(TagInstances{region, std::move(there), std::string(kOwnerTag), now()});
  }
}

void Claims::tagged(const Tagged& answer) {
  if (answer.key != kOwnerTag) return;  // a mark: it is left again later on
  if (in_flight_ != 0) --in_flight_;
  say_why_not(answer);
}

// In which all of them are that one call was for.
std::string Claims::region_of(const std::vector<InstanceId>& ids) const {
  for (const InstanceId& id : ids) {
    if (const Worker* const worker = workers_.find(id)) return worker->record.region;
  }
  return step_.settings.region;
}

void Claims::say_why_not(const Tagged& answer) {
  const CloudFailure* why = answer.failure ? &*answer.failure : nullptr;
  const bool all = !answer.refused.empty() && answer.refused.size() == answer.asked.size();
  if (all) why = &answer.refused.front().why;
  const std::string region = region_of(answer.asked);
  if (why == nullptr) {
    trouble_told_.erase(region);
    return;
  }
  // What passes is heard of with the listings, and a renewal has five tries.
  if (why->what == FailureClass::kNotYetVisible) return;
  if (why->what != FailureClass::kDenied && concerns_the_call(*why)) return;
  if (std::exchange(trouble_told_[region], why->code) == why->code) return;
  const bool refused = why->what == FailureClass::kDenied;
  step_.log(refused ? LogLevel::kAlert : LogLevel::kWarning, "claim.failed",
            str("the claim on our workers cannot be renewed: ",
                describe(*why, {.action = "CreateTags", .region = region}),
                "; they are served all the same, but another broker of this name takes them over ",
                "when it sees no renewal for ", to_string(step_.settings.takeover_after)));
}

}  // namespace cb::core
