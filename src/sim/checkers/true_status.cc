#include "sim/checkers/true_status.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/configured.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kTrueStatusRule = "10-true-status";

bool ends_now(core::InstanceState state) {
  return state == core::InstanceState::kShuttingDown || state == core::InstanceState::kTerminated;
}

void demand_shown(bool so, std::string_view what, std::string_view whose) {
  if (!so) throw Violated(kTrueStatusRule, str(what, " of ", whose, " is not what it was"));
}

}  // namespace

void TrueStatus::asked(CallerId caller, const core::Request& request) {
  if (const auto* ping = std::get_if<core::Ping>(&request)) pinged_.insert(ping->address);
  Question question{.request = request, .when = ground_.now(), .workers = {}};
  const bool get = std::holds_alternative<core::GetWorker>(request);
  if (!get) {
    question.certain = !upset_ && !history_.commit_failing();
    remember(question);
    questions_.emplace(caller, std::move(question));
  }
  // A question changes nothing that another one shows, but for the ends that it asks for and the
  // idle clock that a PING restarts.
  // And, when many are read at once that were asked long ago, for the uses.
  upset_ = upset_ || get || ground_.deaf() || std::holds_alternative<core::Release>(request) ||
           std::holds_alternative<core::TerminateAll>(request);
}

// What the answer will be compared with.
void TrueStatus::remember(Question& question) const {
  const core::Records& durable = store_.durable();
  // Most questions are of this kind: only what they are about is copied.
  if (const auto* ping = std::get_if<core::Ping>(&question.request)) {
    if (!question.certain) return;
    for (const auto& [id, worker] : durable.workers) {
      if (worker.address == ping->address) question.workers.emplace(id, worker);
    }
    return;
  }
  if (question.certain) question.workers = durable.workers;
  if (question.certain) question.leases = durable.leases;
  question.pinged = pinged_;
  question.told = told_;
  for (const auto& entry : durable.attempts) question.launches.insert(entry.first);
  for (const auto& [other, waiting] : history_.waiting()) {
    question.waiting += std::holds_alternative<core::GetWorker>(waiting.request) ? 1 : 0;
  }
}

void TrueStatus::answered(CallerId caller, const core::Answer& answer) {
  const auto found = questions_.find(caller);
  if (found == questions_.end()) return;
  if (std::holds_alternative<core::TerminateAll>(found->second.request) && !answered_with_) {
    answered_with_ = found->second.when;
  }
  const Question question = std::move(found->second);
  questions_.erase(found);
  if (const auto* status = std::get_if<core::StatusRows>(&answer)) {
    if (question.certain) judge_status(question, *status);
  } else if (const auto* overview = std::get_if<core::Overview>(&answer)) {
    if (question.certain) judge_overview(question, *overview);
  } else if (const auto* all = std::get_if<core::AllInstances>(&answer)) {
    judge_listing(question, *all);
  } else if (const auto* ended = std::get_if<core::TerminatedIds>(&answer)) {
    judge_ending(question, *ended);
  } else if (std::holds_alternative<core::Ping>(question.request) && question.certain) {
    judge_ping(question, std::holds_alternative<core::Ok>(answer));
  }
}

void TrueStatus::judge_status(const Question& question, const core::StatusRows& status) const {
  std::size_t ready = 0;
  for (const auto& [id, record] : question.workers) {
    if (record.phase != WorkerPhase::kReady) continue;
    ++ready;
    const auto row = std::find_if(status.rows.begin(), status.rows.end(),
                                  [&wanted = id](const auto& r) { return r.instance == wanted; });
    if (row == status.rows.end()) throw Violated(kTrueStatusRule, str("STATUS lacks ", id.value));
    judge_row(record, *row, question);
  }
  if (ready == status.rows.size()) return;
  throw Violated(kTrueStatusRule,
                 str("STATUS has ", status.rows.size(), " rows for ", ready, " workers"));
}

void TrueStatus::judge_row(const core::WorkerRecord& record, const core::StatusRow& row,
                           const Question& question) const {
  const std::string& id = record.id.value;
  demand_shown(row.address == record.address, "the address", id);
  demand_shown(row.pool == record.pool, "the pool", id);
  demand_shown(row.type == record.type && row.market == record.market, "the type", id);
  demand_shown(row.zone == record.zone, "the zone", id);
  demand_shown(row.launched == record.launched, "the launch", id);
  judge_clock(record, row, question.pinged.contains(record.address));
  std::set<LeaseId> shown, there;
  for (const core::LeaseRow& lease : row.leases) shown.insert(lease.lease);
  for (const auto& [lease_id, lease] : question.leases) {
    if (lease.worker == record.id) there.insert(lease_id);
  }
  demand_shown(shown == there, "who holds leases", id);
  // What was told behind the question in the same turn is not in its answer.
  if (told_ == question.told) judge_busy(record, row);
  const HandOuts::Count count = hand_outs_.of(record.id);
  demand_shown(!count.certain || row.handed_out == count.times,
               str("the number of hand-outs (", count.times, ", said: ", row.handed_out, ")"), id);
}

void TrueStatus::judge_clock(const core::WorkerRecord& record, const core::StatusRow& row,
                             bool pinged) const {
  const std::string& id = record.id.value;
  const core::Settings& settings = ground_.options.settings;
  const Duration late = 2 * ground_.options.batching;
  const auto pool = settings.pools.find(record.pool);
  const Duration timeout =
      pool != settings.pools.end() ? pool->second.idle_timeout : core::PoolSettings{}.idle_timeout;
  const Duration limit = std::max(timeout, record.boot.value_or(Duration{0}));
  if (!row.leases.empty()) {
    return demand_shown(row.idle == Duration{0} && !row.ends_in, "the time left", id);
  }
  // A window may keep it, unless it is of what is configured no more.
  const std::size_t wanted = warm_.most(record.pool);
  const bool kept = wanted != 0 && !row.ends_in;
  const bool surely = wanted != 0 && configured(settings, record) &&
                      warm_.staying(record.pool) <= warm_.least(record.pool);
  demand_shown(!surely || kept || ground_.settings_just_told, "the time left", id);
  if (row.busy.value_or(false)) {
    return demand_shown(row.idle == Duration{0} && (kept || row.ends_in == limit), "the time left",
                        id);
  }
  // The journal's idle clock is behind by so much at most, and goes on during a long step.
  const Duration saved = ground_.turn.now.boot - record.last_used;
  const bool behind = pinged || row.idle >= saved - settings.idle_save_interval - late;
  demand_shown(row.idle <= saved && behind, "the idle time", id);
  if (kept) return;
  demand_shown(row.ends_in.has_value(), "the time left", id);
  const Duration spared = started_ + settings.restart_grace - ground_.turn.at;
  const Duration left = std::max({limit - row.idle, spared, Duration{0}});
  demand_shown(*row.ends_in <= left + late && *row.ends_in >= left - late, "the time left", id);
}

// It computes, as far as anybody can tell: a question to it is open for longer than an answer
// takes.
void TrueStatus::judge_busy(const core::WorkerRecord& record, const core::StatusRow& row) const {
  const Life* const life = history_.life(record.id);
  if (life == nullptr) return;
  const Duration late = 2 * ground_.options.batching;
  const Duration limit = ground_.options.settings.probe_answer_limit;
  const bool open = life->question_open && life->asked;
  const Duration since = open ? ground_.turn.at - *life->asked : Duration{0};
  const bool busy = row.busy.value_or(false);
  demand_shown(!busy || since >= limit - late, "what it does", record.id.value);
  demand_shown(busy || !open || since < limit + late || life->lost != 0, "what it computes",
               record.id.value);
  // It has answered at once, or whoever has its address now, and nobody has used it since.
  const bool quiet = row.busy && !*row.busy;
  demand_shown(!quiet || life->answers != 0 || life->answered_wrong, "its rest", record.id.value);
}

void TrueStatus::judge_listing(const Question& question, const core::AllInstances& all) const {
  if (listing_told_ < question.when) {
    throw Violated(kTrueStatusRule, "LIST_ALL is from before the question");
  }
  std::vector<core::InstanceView> views;
  for (const auto& [view, address] : all.instances) {
    if (view.state == core::InstanceState::kTerminated) {
      throw Violated(kTrueStatusRule,
                     str("LIST_ALL has ", view.id.value, ", which has terminated"));
    }
    demand_shown(address == address_of(view) || adopted_at(view, address), "the address",
                 view.id.value);
    views.push_back(view);
  }
  if (!ground_.options.dead_region.empty())
    return;  // what several regions showed is not put together
  for (const auto* base : {&listing_, &former_listing_, &shown_before_ids_}) {
    if (shows(views, *base)) return;
  }
  throw Violated(kTrueStatusRule, "LIST_ALL is not what EC2 showed");
}

// All of `base` that has not terminated; what else there is was asked for by its id.
bool TrueStatus::shows(const std::vector<core::InstanceView>& views,
                       const std::vector<core::InstanceView>& base) const {
  const auto in = [](const std::vector<core::InstanceView>& where, const core::InstanceView& view) {
    return std::find(where.begin(), where.end(), view) != where.end();
  };
  const bool all = std::all_of(base.begin(), base.end(), [&](const core::InstanceView& view) {
    return view.state == core::InstanceState::kTerminated || in(views, view);
  });
  return all && std::all_of(views.begin(), views.end(), [&](const core::InstanceView& view) {
           return in(base, view) || in(listed_by_ids_, view);
         });
}

// The one that its pool's callers use.
const std::string& TrueStatus::address_of(const core::InstanceView& view) const {
  const auto worker = store_.durable().workers.find(view.id);
  const bool known = worker != store_.durable().workers.end();
  const PoolName name =
      known ? worker->second.pool : PoolName{std::string(view.tag(core::kPoolTag))};
  const auto& pools = ground_.options.settings.pools;
  const auto pool = pools.find(name);
  const bool inside = pool != pools.end() && pool->second.address == core::AddressKind::kPrivate;
  return inside ? view.private_address : view.public_address;
}

// One with our name alone is asked where the default pool's workers answer, before it is known.
bool TrueStatus::adopted_at(const core::InstanceView& view, const std::string& address) const {
  const bool untagged = view.tag(core::kBrokerTag).empty();
  return untagged && ground_.options.settings.adopt_untagged &&
         (address == view.public_address || address == view.private_address);
}

// What boots and what ends, each with its reason, the launches and those who wait.
void TrueStatus::judge_overview(const Question& question, const core::Overview& all) const {
  judge_status(question, {all.ready});
  std::size_t coming = question.launches.size(), ending = 0;
  for (const auto& [id, record] : question.workers) {
    if (record.phase == WorkerPhase::kReady) continue;
    const bool ends = record.phase == WorkerPhase::kTerminating;
    ++(ends ? ending : coming);
    const auto& rows = ends ? all.ending : all.coming;
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&wanted = id](const auto& r) { return r.instance == wanted; });
    if (row == rows.end()) throw Violated(kTrueStatusRule, str("STATUS all lacks ", id.value));
    demand_shown(
        row->address == record.address && row->pool == record.pool && row->type == record.type,
        "what it is", id.value);
    demand_shown(row->since == ground_.turn.now.boot - record.begun, "its age", id.value);
    demand_shown(!ends || row->what == record.end_reason, "why it ends", id.value);
  }
  if (coming != all.coming.size() || ending != all.ending.size()) {
    throw Violated(kTrueStatusRule, "STATUS all has rows of nobody");
  }
  std::size_t for_pools = 0, coming_of_pools = 0;
  for (const core::PoolRow& row : all.pools) {
    for_pools += row.waiting;
    coming_of_pools += row.coming;
  }
  if (for_pools != all.waiting || all.pools.size() != ground_.options.settings.pools.size() ||
      coming_of_pools > all.coming.size()) {
    throw Violated(kTrueStatusRule, "STATUS all says of its pools what is not so");
  }
  if (question.waiting != all.waiting) {
    throw Violated(kTrueStatusRule, str("STATUS all says that ", all.waiting, " wait, and it is ",
                                        question.waiting));
  }
}

void TrueStatus::listing_called(const core::ListInstances& what) {
  if (!std::holds_alternative<core::ListByIds>(what.what)) return;
  by_ids_query_ = what.query;
  shown_before_ids_ = listing_;
}

bool TrueStatus::accepted(const InstanceId& id) const {
  const Life* const life = history_.life(id);
  return accepted_.contains(id) || shown_ending_.contains(id) ||
         !store_.durable().workers.contains(id) ||
         (life != nullptr && life->told_ending.has_value());
}

void TrueStatus::judge_ending(const Question& question, const core::TerminatedIds& ended) const {
  if (ended.nothing_to_do) {
    const bool something =
        question.certain && (!question.workers.empty() || !question.launches.empty());
    if (something)
      throw Violated(kTrueStatusRule, "TERMINATE_ALL found nothing to do, and there was");
    return;
  }
  if (history_.commit_failing()) return;
  for (const InstanceId& id : ended.ids) {
    if (accepted(id)) continue;
    throw Violated(kTrueStatusRule,
                   str("TERMINATE_ALL says that ", id.value, " ends, and nobody said so"));
  }
  if (!question.certain) return;
  Moment first = question.when;  // who asks later is answered with those who asked before
  for (const auto& [caller, other] : questions_) {
    if (std::holds_alternative<core::TerminateAll>(other.request)) {
      first = std::min(first, other.when);
    }
  }
  first = std::min(first, answered_with_.value_or(first));
  const bool in_time = ground_.turn.at - first >=
                       ground_.options.settings.terminate_all_patience - ground_.options.batching;
  const bool refused = refused_ && *refused_ >= question.when;
  for (const LaunchToken& token : question.launches) {
    if (in_time || refused || !store_.durable().attempts.contains(token)) continue;
    throw Violated(kTrueStatusRule, str("TERMINATE_ALL does not wait for launch ", token.value));
  }
  for (const auto& [id, record] : question.workers) {
    const bool named = std::find(ended.ids.begin(), ended.ids.end(), id) != ended.ids.end() ||
                       std::any_of(ended.refused.begin(), ended.refused.end(),
                                   [&wanted = id](const auto& one) { return one.id == wanted; });
    if (named) continue;
    if (accepted_.contains(id)) {
      throw Violated(kTrueStatusRule,
                     str("TERMINATE_ALL does not name ", id.value, ", which ends"));
    }
    if (!in_time && !refused) {
      throw Violated(kTrueStatusRule, str("TERMINATE_ALL does not wait for ", id.value));
    }
  }
}

void TrueStatus::judge_ping(const Question& question, bool ok) const {
  const std::string& address = std::get<core::Ping>(question.request).address;
  const core::WorkerRecord* named = nullptr;
  for (const auto& [id, worker] : question.workers) {
    if (worker.address != address) continue;
    if (worker.phase == WorkerPhase::kTerminating) return;
    // A former holder of the address has not been missed yet.
    if (named == nullptr || named->begun < worker.begun) named = &worker;
  }
  const bool ready = named != nullptr && named->phase == WorkerPhase::kReady;
  const bool leased = !std::get<core::Ping>(question.request).lease.none();
  if (ok == ready || (leased && !ok)) return;  // rule 17
  throw Violated(kTrueStatusRule,
                 ok ? str("a PING of ", address, " is OK, where no worker is ready")
                    : str("a PING of ", address, " does not find ", named->id.value));
}

void TrueStatus::told(const core::Event& event) {
  const bool asks = std::holds_alternative<core::Asked>(event);
  told_ += asks ? 0 : 1;
  upset_ = upset_ || !asks;
  if (const auto* listed = std::get_if<core::Listed>(&event)) {
    const auto* listing = std::get_if<core::Listing>(&listed->result);
    if (listing == nullptr) return;
    if (by_ids_query_ == listed->query) return void(listed_by_ids_ = listing->instances);
    // Copied into the room of the one before the former: most of it is the same again.
    std::swap(former_listing_, listing_);
    listing_ = listing->instances;
    listing_told_ = ground_.now();
    for (const core::InstanceView& view : listing->instances) {
      if (ends_now(view.state)) shown_ending_.insert(view.id);
    }
  } else if (const auto* answer = std::get_if<core::TerminateAnswered>(&event)) {
    const auto* done = std::get_if<core::TerminateAccepted>(&answer->result);
    if (done == nullptr) {
      refused_ = ground_.now();
      return;
    }
    for (const core::TerminatedNow& one : done->instances) {
      if (ends_now(one.state)) accepted_.insert(one.id);
    }
  }
}

void TrueStatus::started(const BrokerStart&) {
  started_ = ground_.turn.at;
  accepted_.clear();
  shown_ending_.clear();
  refused_.reset();
}

void TrueStatus::went_down() {
  questions_.clear();
  by_ids_query_.reset();
  upset_ = false;
}

}  // namespace cb::sim
