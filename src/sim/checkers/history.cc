#include "sim/checkers/history.h"

#include <algorithm>
#include <utility>

#include "sim/checkers/needs.h"
#include "sim/checkers/shown.h"

namespace cb::sim {

bool has_address(const Instance& instance, const std::string& address) {
  return !address.empty() &&
         (instance.public_address == address || instance.private_address == address);
}

const Life* History::life(const InstanceId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Life* History::find(const InstanceId& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void History::settle(const LaunchToken& token) {
  const auto found = open_.find(token);
  if (found == open_.end()) return;
  found->second->settled = true;
  open_.erase(found);
}

const Life* History::latest_at(const std::string& address) const {
  const Life* latest = nullptr;
  for (const auto& [id, life] : lives_) {
    if (!has_address(*life.instance, address)) continue;
    if (latest == nullptr || latest->instance->born <= life.instance->born) latest = &life;
  }
  return latest;
}

void History::asked(CallerId caller, const core::Request& request) {
  waiting_[caller] = {request, ground_.now(), ground_.now()};
  unread_.push_back(caller);
  if (const auto* get = std::get_if<core::GetWorker>(&request)) {
    ++waiting_for_[get->pool];
    const core::Need need = core::need_of(*get);
    const std::size_t callers = ++needs_[get->pool][need];
    std::size_t& lately = needs_lately_[get->pool][need];
    lately = std::max(lately, callers);
  }
  if (const auto* release = std::get_if<core::Release>(&request)) {
    for (Life* life : living_) {
      if (!has_address(*life->instance, release->address) || life->may_be_ended) continue;
      life->may_be_ended = true;
      released_.push_back(life);
    }
  } else if (std::holds_alternative<core::TerminateAll>(request)) {
    may_all_be_ended();
  }
}

// A RELEASE that ended nothing, since others await the worker, excuses no end later on.
void History::released_in_vain() {
  for (Life* life : std::exchange(released_, {})) {
    if (!life->end_decided && !life->end_asked) life->may_be_ended = false;
  }
}

void History::turned() {
  needs_lately_ = needs_;
  for (const CallerId caller : std::exchange(unread_, {})) {
    const auto found = waiting_.find(caller);
    if (found != waiting_.end()) found->second.read = ground_.turn.at;
  }
  all_told_ = false;  // and what could not be written may have been decided all the same
  if (!released_.empty() && !commit_failing_) released_in_vain();
}

void History::may_all_be_ended() {
  released_.clear();
  all_told_ = true;
  for (auto& [id, life] : lives_) life.may_be_ended = true;
  for (auto& [token, attempt] : attempts_) attempt.doomed = true;
}

void History::answered(CallerId caller, const core::Answer& answer) {
  const auto found = waiting_.find(caller);
  if (found != waiting_.end()) {
    const auto* ping = std::get_if<core::Ping>(&found->second.request);
    if (ping != nullptr && std::holds_alternative<core::Ok>(answer)) used(ping->address, true, {});
  }
  for (const core::WorkerAddress& worker : given_in(answer)) {
    used(worker.address, false, worker.lease);
  }
  leaves(caller);
}

void History::used(const std::string& address, bool by_ping, LeaseId lease) {
  const auto leased = leased_.find(lease);
  for (Life* life : living_) {
    if (!has_address(*life->instance, address)) continue;
    // By a lease on one that had the address before, and is not known to have ended.
    if (leased != leased_.end() && leased->second != life->instance->id) continue;
    // As of the turn that decided so, whenever its answer left.
    life->used = life->handed = ground_.turn.at;
    if (by_ping) life->pinged = ground_.turn.at;
    life->too_old = life->too_young = Duration{0};
  }
}

// His use of a worker may have counted though he never heard of it.
void History::goes(CallerId caller) {
  const auto found = waiting_.find(caller);
  if (found == waiting_.end()) return;
  const auto* get = std::get_if<core::GetWorker>(&found->second.request);
  const auto* ping = std::get_if<core::Ping>(&found->second.request);
  for (Life* life : living_) {
    const bool meant = get != nullptr
                           ? life->instance->pool == get->pool
                           : ping != nullptr && has_address(*life->instance, ping->address);
    if (meant) life->stirred = ground_.now();
  }
  leaves(caller);
}

void History::leaves(CallerId caller) {
  const auto found = waiting_.find(caller);
  if (found == waiting_.end()) return;
  const auto* get = std::get_if<core::GetWorker>(&found->second.request);
  const PoolName pool = get != nullptr ? get->pool : PoolName{};
  const core::Need need = get != nullptr ? core::need_of(*get) : core::Need{};
  waiting_.erase(found);
  if (get == nullptr) return;
  auto& needs = needs_.at(pool);
  if (--needs.at(need) == 0) needs.erase(need);
  const auto queue = waiting_for_.find(pool);
  if (--queue->second != 0) return;
  waiting_for_.erase(queue);
  // What was only being asked again is given up when nobody wants it any more.
  for (auto next = open_.begin(); next != open_.end();) {
    const auto& [token, attempt] = *next++;
    if (attempt->pool == pool && !attempt->unknown && !attempt->in_flight) settle(token);
  }
}

void History::launch_called(const LaunchCall& call) {
  auto [found, fresh] = attempts_.try_emplace(call.token);
  Attempted& attempt = found->second;
  if (fresh) {
    attempt.pool = call.pool;
    attempt.body = call.body;
    attempt.doomed = all_told_;  // it was decided before or after that word
    attempt.first_call = attempt.uncertain = ground_.now();
    attempt.first_decided = ground_.turn.at;
    open_[call.token] = &attempt;
  }
  attempt.last_call = ground_.now();
  attempt.last_decided = ground_.turn.at;
  attempt.in_flight = true;
}

void History::terminate_called(const std::vector<InstanceId>& ids) {
  for (const InstanceId& id : ids) {
    Life* const life = find(id);
    if (life != nullptr && !life->end_asked) life->end_asked = ground_.now();
  }
}

void History::born(const Instance& instance) {
  Life& life = lives_[instance.id];
  by_id_[instance.id] = &life;
  living_.push_back(&life);
  life.instance = &instance;
  life.called = attempts_.at(instance.token).first_call;
  life.meant = attempts_.at(instance.token).first_decided;
  life.may_be_ended = attempts_.at(instance.token).doomed;
  life.before_loss = attempts_.at(instance.token).before_loss;
}

void History::ended(const Instance& instance) {
  std::erase_if(living_, [&](const Life* life) { return life->instance == &instance; });
}

void History::told(const core::Event& event) {
  if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
    told_launch(*launch);
  } else if (const auto* probed = std::get_if<core::Probed>(&event)) {
    told_probe(*probed);
  } else if (const auto* stop = std::get_if<core::StopRequested>(&event)) {
    if (stop->terminate_workers) may_all_be_ended();
  }
  for (const core::InstanceView& view : shown_by_listing(event)) told_view(view);
}

void History::told_launch(const core::LaunchAnswered& answer) {
  const auto found = attempts_.find(answer.token);
  if (found == attempts_.end()) return;
  Attempted& attempt = found->second;
  attempt.in_flight = false;
  if (const auto* launched = std::get_if<core::Launched>(&answer.result)) {
    settle(answer.token);
    for (const core::InstanceView& view : launched->instances) told_view(view);
    return;
  }
  const auto* failure = std::get_if<core::CloudFailure>(&answer.result);
  if (failure == nullptr) {
    attempt.unknown = true;
    attempt.uncertain = attempt.last_call;
    return;
  }
  using core::FailureClass;
  switch (failure->what) {
    case FailureClass::kThrottle:
    case FailureClass::kUnreachable:
      if (!attempt.unknown && !waits_for(attempt.pool)) settle(answer.token);
      return;
    case FailureClass::kUnknownOutcome:
    case FailureClass::kTokenMismatch:
      attempt.unknown = true;
      attempt.uncertain = attempt.last_call;
      return;
    case FailureClass::kCapacity:
    case FailureClass::kQuota:
    case FailureClass::kTokenEnded:
      settle(answer.token);
      return;
    case FailureClass::kDenied:
    case FailureClass::kBadConfig:
    case FailureClass::kNotYetVisible:
    case FailureClass::kUnexpected:
      if (!attempt.unknown) settle(answer.token);
      return;
  }
}

void History::told_view(const core::InstanceView& view) {
  Life* const found = find(view.id);
  if (found == nullptr) return;
  Life& life = *found;
  if (!life.known) life.known = ground_.now();
  if (life.before_loss && !life.found) life.found = ground_.now();
  settle(view.token);
  if (view.state == core::InstanceState::kRunning) {
    if (!life.told_running) life.told_running = ground_.now();
  } else if (view.state == core::InstanceState::kStopping ||
             view.state == core::InstanceState::kStopped) {
    if (!life.told_stopped) life.told_stopped = ground_.now();
  } else if (view.state != core::InstanceState::kPending && !life.told_ending) {
    life.told_ending = ground_.now();
  }
}

void History::told_probe(const core::Probed& probe) {
  Life* const found = find(probe.worker);
  if (found == nullptr) return;
  Life& life = *found;
  if (probe.kind == core::ProbeKind::kDserv) told_question(life, probe.outcome);
  if (probe.outcome == core::ProbeOutcome::kLost) return;  // no word on the service
  const bool failed = probe.outcome == core::ProbeOutcome::kRefused ||
                      probe.outcome == core::ProbeOutcome::kUnreachable;
  if (std::exchange(life.latest_probe, probe.outcome) != probe.outcome) {
    life.latest_change = ground_.now();
  }
  life.answered_wrong = life.answered_wrong || probe.outcome == core::ProbeOutcome::kWrong;
  life.answered_ready = life.answered_ready || probe.outcome == core::ProbeOutcome::kReady;
  if (!failed) {
    life.good_probe = ground_.now();
    life.failing_since.reset();
    life.failures = 0;
    const auto& pool = ground_.options.settings.pools.at(life.instance->pool);
    if (pool.ready == core::ReadyCheck::kTcp) life.doubted.reset();
    return;
  }
  ++life.failures;
  if (!life.failing_since) life.failing_since = ground_.now();
  if (life.failures < ground_.options.settings.alive_failures_max || life.doubted) return;
  life.doubted = life.failing_since;
  life.doubted_told = ground_.now();
}

// Two right answers, the second to a question asked long enough after the first, and promptly.
void History::told_question(Life& life, core::ProbeOutcome outcome) {
  const core::Settings& settings = ground_.options.settings;
  const Moment now = ground_.now();
  life.question_open = outcome == core::ProbeOutcome::kAsked;
  if (life.question_open) {
    life.asked = now;
    return;
  }
  const bool late = life.asked && now - *life.asked > settings.probe_answer_limit;
  const bool accepted = outcome == core::ProbeOutcome::kAccepted;
  if (outcome == core::ProbeOutcome::kReady || outcome == core::ProbeOutcome::kWrong) {
    life.lost = 0;
  } else if (outcome == core::ProbeOutcome::kLost || (accepted && late)) {
    ++life.lost;
  }
  // In use until now, and the journal may know it.
  if (late || accepted) life.stirred = now;
  if (outcome != core::ProbeOutcome::kReady) return life.first_answer.reset();
  ++life.answers;
  if (late) life.computed = now;
  if (!life.first_answer) {
    life.first_answer = now;
  } else if (!late && *life.asked - *life.first_answer >= settings.ready_gap) {
    life.doubted.reset();
    life.first_answer.reset();
  }
}

// It came to nothing, and was not asked for again since it stood still for too long.
void History::starting(Duration misjudged) {
  const Duration older = std::max(misjudged, Duration{0});  // as the calendar says after a reboot
  for (const auto& [token, attempt] : open_) {
    attempt->first_call -= older;
    attempt->uncertain -= older;
  }
  for (Life* life : living_) {
    life->called -= older;
    life->too_old += older;
    life->too_young += std::max(-misjudged, Duration{0});
  }
}

void History::journal_lost() {
  for (auto& [id, life] : lives_) {
    life.handed.reset();
    life.pinged.reset();
    life.end_asked.reset();
    life.end_decided = false;
    life.told_ending.reset();
    life.before_loss = true;
    life.found.reset();
    life.doubted.reset();
    life.doubt_written = false;
    life.answers = 0;
  }
  for (auto& [token, attempt] : attempts_) attempt.before_loss = true;
  while (!open_.empty()) settle(LaunchToken{open_.begin()->first});
}

// What it knew long ago it knows again, and ends as its clocks were then.
void History::journal_restored(const core::Records& records) {
  for (const auto& [id, worker] : records.workers) {
    Life* const life = find(id);
    if (life == nullptr) continue;
    life->before_loss = false;
    life->doubt_written = worker.doubted.has_value();
    if (!life->doubt_written) {
      life->doubted.reset();
    } else if (!life->doubted) {
      life->doubted = ground_.now() - (ground_.clock.boot() - *worker.doubted);
    }
  }
}

void History::went_down() {
  released_in_vain();
  for (auto& [token, attempt] : attempts_) {
    attempt.unknown = attempt.unknown || attempt.in_flight;
    // The next process reads when it was decided, which may be long before it was called.
    if (attempt.in_flight || attempt.uncertain > attempt.last_decided) {
      attempt.uncertain = attempt.last_decided;
    }
    attempt.in_flight = false;
  }
  for (auto& [id, life] : lives_) {
    life.told_running.reset();
    life.good_probe.reset();
    life.answered_ready = false;
    life.failing_since.reset();
    life.failures = 0;
    life.question_open = false;
    life.first_answer.reset();
    life.computed.reset();
    life.latest_probe.reset();
    life.answered_wrong = false;
    life.lost = 0;
    if (!life.doubt_written) life.doubted.reset();
    // Nor does it know what this one was told and did not live to write down.
    const bool unwritten =
        !last_commit_ || (life.told_ending && *life.told_ending >= *last_commit_);
    if (unwritten) life.told_ending.reset();
    // What could not be written is not known to the next process.
    if (!commit_failing_) continue;
    if (life.handed && (!last_commit_ || *life.handed > *last_commit_)) life.handed.reset();
    if (life.pinged && (!last_commit_ || *life.pinged > *last_commit_)) life.pinged.reset();
    if (life.end_asked && (!last_commit_ || *life.end_asked > *last_commit_)) {
      life.end_asked.reset();
    }
  }
}

}  // namespace cb::sim
