#include "sim/checkers/let_go.h"

#include <algorithm>

#include "base/text.h"

namespace cb::sim {
namespace {

constexpr const char* kLetGoRule = "6-let-go";
constexpr Duration kClosedIsKept = hours{24};

}  // namespace

Duration LetGo::age(const InstanceId& id) const {
  const auto found = store_.durable().workers.find(id);
  if (found == store_.durable().workers.end()) return Duration::max();
  return ground_.clock.boot() - found->second.begun;
}

void LetGo::listing_called(const core::ListInstances& what) {
  const auto* by_ids = std::get_if<core::ListByIds>(&what.what);
  if (by_ids == nullptr) {
    regions_[what.region].query = what.query;
    regions_[what.region].query_begun = ground_.turn.at;
    return;
  }
  asked_by_id_[what.query] = by_ids->ids;
  for (const InstanceId& id : by_ids->ids) {
    const auto unseen = unseen_.find(id);
    if (unseen != unseen_.end()) unseen->second.asked = ground_.now();
  }
}

void LetGo::told(const core::Event& event) {
  if (const auto* listed = std::get_if<core::Listed>(&event)) {
    this->listed(*listed);
  } else if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
    const auto* launched = std::get_if<core::Launched>(&launch->result);
    if (launched != nullptr) {
      turned_up_.insert(launch->token);
      for (const core::InstanceView& view : launched->instances) answered_.insert(view.id);
    }
    const auto* failure = std::get_if<core::CloudFailure>(&launch->result);
    if (failure != nullptr && failure->what == core::FailureClass::kTokenEnded) {
      token_ended_.insert(launch->token);
    }
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    for (auto& [name, region] : regions_) region.query.reset();
    asked_by_id_.clear();
  }
}

void LetGo::shown(const core::InstanceView& view) {
  if (!view.token.empty()) turned_up_.insert(view.token);
  unseen_.erase(view.id);
  if (view.state != core::InstanceState::kTerminated) return;
  told_ended_.insert(view.id);
  if (store_.durable().workers.contains(view.id)) told_ended_now_.insert(view.id);
}

void LetGo::listed(const core::Listed& answer) {
  // What was asked with former keys is not heard.
  const auto listed = std::find_if(regions_.begin(), regions_.end(), [&](const auto& entry) {
    return entry.second.query == answer.query;
  });
  if (listed == regions_.end() && !asked_by_id_.contains(answer.query)) return;
  const auto* listing = std::get_if<core::Listing>(&answer.result);
  std::set<InstanceId> seen;
  if (listing != nullptr) {
    for (const core::InstanceView& view : listing->instances) {
      seen.insert(view.id);
      shown(view);
    }
  }
  if (const auto asked = asked_by_id_.find(answer.query); asked != asked_by_id_.end()) {
    for (const InstanceId& id : asked->second) {
      const auto unseen = unseen_.find(id);
      if (unseen == unseen_.end() || listing == nullptr || seen.contains(id)) continue;
      unseen->second.by_id = true;
      const Moment when = unseen->second.asked.value_or(ground_.now());
      unseen->second.long_enough =
          when - unseen->second.since >= ground_.options.settings.missing_grace &&
          age(id) >= ground_.options.settings.not_visible_grace;
    }
    asked_by_id_.erase(asked);
  } else {
    listed->second.query.reset();
    listed->second.judged_begun = listed->second.query_begun;
    if (listing != nullptr) missed(seen, listed->first);
  }
}

void LetGo::missed(const std::set<InstanceId>& seen, const std::string& region) {
  regions_[region].listing_done = true;
  for (const InstanceId& id : answered_) {
    const Life* const life = history_.life(id);
    if (seen.contains(id) || life == nullptr || life->instance->region != region) continue;
    unseen_.try_emplace(id, Unseen{.since = ground_.now()});
  }
  for (const auto& [id, worker] : store_.durable().workers) {
    if (seen.contains(id) || worker.region != region) continue;
    Unseen& unseen = unseen_.try_emplace(id, Unseen{.since = ground_.now()}).first->second;
    if (memory_.cloud().named() && !unseen.believed) unseen.believed = ground_.now();
    if (!memory_.cloud().named()) unseen.believed.reset();
  }
}

// A listing that began after missing_grace and does not show it either makes the broker ask by id.
void LetGo::turned() {
  answered_.clear();
  for (auto& [name, region] : regions_) asked_for_by_id(region, name);
}

void LetGo::asked_for_by_id(Region& region, const std::string& name) {
  if (!std::exchange(region.listing_done, false) || history_.commit_failing()) return;
  const core::Settings& settings = ground_.options.settings;
  for (const auto& [id, unseen] : unseen_) {
    const auto worker = store_.durable().workers.find(id);
    if (worker == store_.durable().workers.end() || unseen.by_id) continue;
    if (worker->second.region != name) continue;
    if (!unseen.believed || !memory_.cloud().named()) continue;
    if (unseen.asked && ground_.now() - *unseen.asked < minutes{2}) continue;
    // Counted from when it was old enough to be missed at all.
    const Moment old_enough =
        ground_.now() - (ground_.clock.boot() - worker->second.begun) + settings.not_visible_grace;
    const Duration since = region.judged_begun - std::max(*unseen.believed, old_enough);
    const Duration allowed =
        settings.missing_grace + settings.listing_slow + 2 * seconds{30} + seconds{1};
    if (since <= allowed) continue;
    throw Violated(kLetGoRule, str(id.value, " is not in any listing for ", to_string(since),
                                   ", and was not asked for by its id"));
  }
}

void LetGo::decided(const std::vector<core::Change>& changes) {
  if (history_.commit_failing()) return;  // what is decided is told again and again
  std::set<LaunchToken> closing;
  for (const core::Change& change : changes) {
    if (const auto* closed = std::get_if<core::ClosedAttempt>(&change)) {
      closing.insert(closed->token);
      if (!store_.durable().closed.contains(closed->token)) judge(*closed);
    }
  }
  for (const core::Change& change : changes) {
    if (const auto* drop = std::get_if<core::DropAttempt>(&change)) {
      judge(*drop, closing.contains(drop->token));
    } else if (const auto* gone = std::get_if<core::DropWorker>(&change)) {
      judge(*gone);
    } else if (const auto* forgotten = std::get_if<core::DropClosedAttempt>(&change)) {
      judge(*forgotten);
    } else if (const auto* uncounted = std::get_if<core::DropLaunchStamp>(&change)) {
      judge(*uncounted);
    } else if (const auto* worker = std::get_if<core::WorkerRecord>(&change)) {
      judge(*worker);
    }
  }
}

// What came to nothing does not count for the hour.
void LetGo::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* drop = std::get_if<core::DropAttempt>(&change);
    if (drop == nullptr || !store_.durable().stamps.contains(drop->token)) continue;
    if (!came_to_nothing(drop->token)) continue;
    throw Violated(kLetGoRule, str("launch ", drop->token.value, " came to nothing, and counts"));
  }
}

bool LetGo::came_to_nothing(const LaunchToken& token) const {
  if (store_.durable().closed.contains(token) || turned_up_.contains(token)) return false;
  const auto attempt = history_.attempts().find(token);
  return attempt == history_.attempts().end() || !attempt->second.unknown;
}

void LetGo::judge(const core::DropLaunchStamp& drop) const {
  const auto stamp = store_.durable().stamps.find(drop.token);
  if (stamp == store_.durable().stamps.end() || came_to_nothing(drop.token)) return;
  if (ground_.clock.boot() - stamp->second.at >= hours{1}) return;
  throw Violated(kLetGoRule, str("launch ", drop.token.value, " no longer counts within the hour"));
}

void LetGo::judge(const core::WorkerRecord& record) const {
  if (store_.durable().workers.contains(record.id) || !told_ended_now_.contains(record.id)) return;
  throw Violated(kLetGoRule, str(record.id.value, " is taken up though it was called terminated"));
}

void LetGo::judge(const core::ClosedAttempt& closed) const {
  if (token_ended_.contains(closed.token)) return;
  const auto attempt = history_.attempts().find(closed.token);
  if (attempt == history_.attempts().end() || attempt->second.settled) return;
  const auto record = store_.durable().attempts.find(closed.token);
  if (record == store_.durable().attempts.end()) return;
  const auto region = regions_.find(record->second.region);
  const Moment judged = region == regions_.end() ? Moment{} : region->second.judged_begun;
  const Duration open = judged - attempt->second.uncertain;
  const Duration least = ground_.options.settings.unknown_outcome_grace - misjudged_;
  if (open >= least) return;
  throw Violated(kLetGoRule, str("launch ", closed.token.value, " is given up ", to_string(open),
                                 " after its last call"));
}

void LetGo::judge(const core::DropAttempt& drop, bool closes) const {
  const auto attempt = history_.attempts().find(drop.token);
  if (attempt == history_.attempts().end() || attempt->second.settled || closes) return;
  if (turned_up_.contains(drop.token)) return;
  const bool uncertain = attempt->second.unknown || attempt->second.in_flight;
  if (uncertain)
    throw Violated(kLetGoRule, str("launch ", drop.token.value, " is open, and dropped"));
}

void LetGo::judge(const core::DropClosedAttempt& drop) const {
  if (turned_up_.contains(drop.token)) return;
  const auto closed = store_.durable().closed.find(drop.token);
  if (closed == store_.durable().closed.end()) return;
  if (ground_.clock.boot() - closed->second.at >= kClosedIsKept) return;
  throw Violated(kLetGoRule, str("closed launch ", drop.token.value, " is forgotten within a day"));
}

void LetGo::judge(const core::DropWorker& drop) const {
  if (told_ended_.contains(drop.id)) return;
  const auto unseen = unseen_.find(drop.id);
  if (memory_.unwritten()) return;  // it cannot be seen when it was missed first
  if (unseen != unseen_.end() && unseen->second.long_enough) return;
  throw Violated(kLetGoRule,
                 str(drop.id.value, " is forgotten, and EC2 has not said that it is gone"));
}

void LetGo::starting(Duration misjudged) {
  misjudged_ += std::chrono::abs(misjudged);
}

void LetGo::went_down() {
  unseen_.clear();
  asked_by_id_.clear();
  for (auto& [name, region] : regions_) {
    region.query.reset();
    region.listing_done = false;
  }
  told_ended_now_.clear();
}

void LetGo::journal_lost() {
  turned_up_.clear();
}

}  // namespace cb::sim
