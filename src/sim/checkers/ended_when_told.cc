#include "sim/checkers/ended_when_told.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/shown.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;
using core::WorkerRecord;

constexpr const char* kEndedWhenToldRule = "5-ended-when-told";

bool rising(const WorkerRecord& worker) {
  return worker.phase == WorkerPhase::kBooting || worker.phase == WorkerPhase::kAdopting;
}

}  // namespace

void EndedWhenTold::asked(CallerId caller, const core::Request& request) {
  if (const auto* release = std::get_if<core::Release>(&request)) {
    if (release->lease.none()) released(caller, release->address);  // else rule 17
  } else if (std::holds_alternative<core::TerminateAll>(request)) {
    all_told();
  }
}

void EndedWhenTold::released(CallerId caller, const std::string& address) {
  if (address.empty() || history_.commit_failing()) return;  // the journal is behind
  const WorkerRecord* named = nullptr;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.address != address || worker.phase == WorkerPhase::kTerminating) continue;
    if (named != nullptr) return;  // a former holder of the address has not been missed yet
    named = &worker;
  }
  if (named == nullptr) return;
  if (leased(named->id)) return;
  if (named->phase == WorkerPhase::kReady) return released_.push_back(named->id);
  for (const auto& [waiter, waiting] : history_.waiting()) {
    const auto* get = std::get_if<core::GetWorker>(&waiting.request);
    if (get == nullptr || get->pool != named->pool || waiter >= caller) continue;
    spared_.push_back({named->id, waiter});
    return;
  }
}

// Over another's lease a RELEASE ends nothing: rule 17.
bool EndedWhenTold::leased(const InstanceId& id) const {
  const auto& leases = store_.durable().leases;
  return std::any_of(leases.begin(), leases.end(),
                     [&](const auto& entry) { return entry.second.worker == id; });
}

void EndedWhenTold::all_told() {
  spared_.clear();
  if (history_.commit_failing()) return;
  for (const auto& [id, worker] : store_.durable().workers) {
    told_.emplace_back(id, "was there when all were told to end");
  }
  for (const auto& [token, attempt] : store_.durable().attempts) told_launches_.insert(token);
}

void EndedWhenTold::identified(const core::CloudIdentity& identity) {
  const auto& known = store_.durable().broker;
  const bool anyone = !known || known->account.empty();
  if (identity.account.empty() && !anyone) {
    ours_ = open_;  // it goes on as it did; what was said of former keys counts no longer
    return;
  }
  ours_ = anyone || identity.account == known->account;
  open_ = open_ && ours_;
}

void EndedWhenTold::told(const core::Event& event) {
  const auto shown = [this](const core::InstanceView& view) {
    if (doomed_.empty() || !doomed_.contains(view.token)) return;
    told_.emplace_back(view.id, "was being launched when all were told to end");
  };
  if (const auto* who = std::get_if<core::Identified>(&event)) {
    identified(who->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    ours_ = open_ = opens_ = false;
  } else if (const auto* stop = std::get_if<core::StopRequested>(&event)) {
    if (stop->terminate_workers) all_told();
  }
  for (const core::InstanceView& view : shown_by_launch(event)) shown(view);
  for (const core::InstanceView& view : shown_by_listing(event)) {
    shown(view);
    const bool stopped =
        view.state == core::InstanceState::kStopping || view.state == core::InstanceState::kStopped;
    if (stopped) told_.emplace_back(view.id, "was shown to be stopped");
  }
}

void EndedWhenTold::terminate_called(const std::vector<InstanceId>& ids) {
  asked_.insert(ids.begin(), ids.end());
}

// Its time runs from its launch as EC2 dates it, but not from before its intent, or from its
// adoption.
void EndedWhenTold::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    const auto* worker = std::get_if<WorkerRecord>(&change);
    if (worker == nullptr || ends_.contains(worker->id)) continue;
    const auto attempt = history_.attempts().find(worker->token);
    const bool launched = attempt != history_.attempts().end() && !attempt->second.before_loss &&
                          worker->phase == WorkerPhase::kBooting &&
                          !store_.durable().closed.contains(worker->token);
    Moment begun = ground_.now();
    if (launched && worker->launched) {
      const Moment dated = begun - (ground_.clock.now().wall - *worker->launched);
      begun = std::clamp(dated, attempt->second.first_call, begun);
    }
    const Moment end = begun + ground_.options.settings.max_lifetime;
    ends_.emplace(worker->id, end);
    due_.emplace(end, worker->id);
  }
}

void EndedWhenTold::starting(Duration misjudged) {
  if (misjudged >= Duration{0}) return;
  due_.clear();
  for (auto& [id, end] : ends_) {
    end -= misjudged;
    due_.emplace(end, id);
  }
}

void EndedWhenTold::owe(const InstanceId& id, const char* why) {
  if (!settled(id)) owed_.emplace(id, why);
}

bool EndedWhenTold::settled(const InstanceId& id) const {
  if (asked_.contains(id)) return true;
  const Instance* instance = ec2_.find(id);
  if (instance == nullptr || !instance->alive()) return true;
  const Life* life = history_.life(id);
  if (life != nullptr && life->told_ending) return true;
  // Forgotten is another matter.
  return !store_.durable().workers.contains(id) && !history_.commit_failing();
}

void EndedWhenTold::take_up() {
  for (const auto& [id, why] : std::exchange(told_, {})) owe(id, why);
  for (const InstanceId& id : std::exchange(released_, {})) {
    // And nobody has leased it in the same turn, as far as that could be written.
    if (!leased(id) && !history_.commit_failing()) owe(id, "was released");
  }
  doomed_.merge(told_launches_);
  told_launches_.clear();
  while (!due_.empty() && due_.begin()->first <= ground_.turn.at) {
    owe(due_.begin()->second, "has reached max_lifetime");
    due_.erase(due_.begin());
  }
  if (!std::exchange(opens_, false)) return;
  open_ = true;
  if (history_.commit_failing()) return;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.phase == WorkerPhase::kTerminating) owe(id, "is ending in the journal");
  }
}

void EndedWhenTold::spare() const {
  for (const Spared& one : spared_) {
    const auto worker = store_.durable().workers.find(one.worker);
    const Life* life = history_.life(one.worker);
    if (worker == store_.durable().workers.end() || life == nullptr || life->told_ending) continue;
    if (rising(worker->second) || worker->second.phase == WorkerPhase::kReady) continue;
    if (!history_.waiting().contains(one.awaited_by)) continue;
    throw Violated(kEndedWhenToldRule,
                   str("a RELEASE ended ", one.worker.value, ", which booted and caller ",
                       one.awaited_by.value, " waited for"));
  }
}

void EndedWhenTold::judge() {
  for (auto next = owed_.begin(); next != owed_.end();) {
    const auto one = next++;
    if (settled(one->first)) {
      owed_.erase(one);
    } else if (open_) {
      throw Violated(kEndedWhenToldRule, str(one->first.value, " ", one->second,
                                             ", and TerminateInstances was not called"));
    }
  }
}

void EndedWhenTold::turned() {
  take_up();
  if (!spared_.empty()) spare();
  spared_.clear();
  if (!owed_.empty()) judge();
}

void EndedWhenTold::went_down() {
  told_.clear();
  released_.clear();
  spared_.clear();
  told_launches_.clear();
  asked_.clear();
  ours_ = open_ = opens_ = false;
  if (!history_.commit_failing()) return;
  // Decided, and never written.
  owed_.clear();
  doomed_.clear();
}

void EndedWhenTold::journal_lost() {
  owed_.clear();
  doomed_.clear();
  ends_.clear();
  due_.clear();
}

}  // namespace cb::sim
