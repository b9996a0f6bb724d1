#include "sim/checkers/true_journal.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/launch_memory.h"
#include "sim/cloud/sim_cloud.h"
#include "sim/run/form.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kTrueJournalRule = "6-true-journal";
// Comparing everything each time that a worker was used would take half of the simulation's time.
constexpr unsigned kTouchesPerLook = 16;

void demand_true(bool so, std::string_view what, std::string_view whose) {
  if (!so)
    throw Violated(kTrueJournalRule, str(what, " of ", whose, " is not true in the journal"));
}

bool is_a_touch(const core::Change& change) {
  const auto* worker = std::get_if<core::WorkerRecord>(&change);
  return worker != nullptr && worker->phase == WorkerPhase::kReady;
}

}  // namespace

void TrueJournal::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    std::visit([this](const auto& record) { judge(record); }, change);
  }
  const bool only_touches = std::all_of(changes.begin(), changes.end(), is_a_touch);
  compare_ = !only_touches || ++touches_ >= kTouchesPerLook;
}

bool TrueJournal::account(const std::string& name) const {
  // Unknown as long as STS does not say.
  if (name.empty()) return ground_.options.dose_of(Fault::kStsDown) != 0;
  return name == SimCloud::kOurAccount || ground_.options.dose_of(Fault::kOtherAccount) != 0;
}

void TrueJournal::judge(const core::AttemptRecord& record) {
  const std::string& token = record.token.value;
  if (!intended_.insert(record.token).second) return;
  own_.insert(record.token);
  const core::Settings& settings = ground_.options.settings;
  const LaunchForm form = read_launch(record.request);
  // A launch without a tag is seen by rule 4.
  const std::string tag = form.tag(core::kPoolTag);
  const std::string named = tag.empty() ? record.pool.value : tag;
  demand_true(form.token == record.token && named == record.pool.value &&
                  form.type == record.type && form.market == record.market &&
                  form.image == record.image,
              "what was asked for", token);
  const auto pool = settings.pools.find(record.pool);
  demand_true(pool != settings.pools.end(), "the pool", token);
  const auto plan =
      LaunchMemory::plan(settings, pool->second,
                         {.type = record.type, .market = record.market, .region = record.region});
  const core::Candidate candidate{record.region, record.market, record.type, "", record.subnet};
  demand_true(
      ground_.settings_just_told || std::find(plan.begin(), plan.end(), candidate) != plan.end(),
      "the candidate", token);
  demand_true(account(record.account), "the account", token);
  demand_true(age(record.begun) == Duration{0} && record.begun_wall == ground_.turn.now.wall,
              "the beginning", token);
  const auto expiry = parse_iso8601(form.tag(core::kExpiryTag));
  const WallTime latest = record.begun_wall + settings.max_lifetime;
  demand_true(
      tag.empty() || (expiry && latest - *expiry >= Duration{0} && latest - *expiry < seconds{1}),
      "the expiry", token);
}

void TrueJournal::judge(const core::WorkerRecord& record) {
  const Seen now{record.phase, record.address, record.launched};
  const auto [seen, first] = seen_.try_emplace(record.id, now);
  const std::string& id = record.id.value;
  demand_true((record.phase == WorkerPhase::kTerminating) == !record.end_reason.empty(),
              "the reason of the end", id);
  demand_true(age(record.last_used) >= Duration{0}, "the idle clock", id);
  if (!first && seen->second == now) return;
  const WorkerPhase before = std::exchange(seen->second, now).phase;
  const Instance* const instance = ec2_.find(record.id);
  demand_true(instance != nullptr, "the existence", id);
  judge_view(record, *instance);
  if (history_.commit_failing()) return;  // it became so some time ago
  if (first && record.phase == WorkerPhase::kBooting) begun_with_its_call(record);
  if (!first && before == WorkerPhase::kBooting && record.phase == WorkerPhase::kReady) {
    risen(record);
  }
}

void TrueJournal::judge_view(const core::WorkerRecord& record, const Instance& instance) const {
  const std::string& id = record.id.value;
  const bool launched = ours(instance);
  demand_true(record.type == instance.type && record.market == instance.market &&
                  record.image == instance.image && record.zone == instance.zone,
              "the kind", id);
  // Whoever edits its tags may take the token away.
  demand_true(!launched || record.token.empty() || record.token == instance.token, "the launch",
              id);
  demand_true(!launched || record.pool == instance.pool, "the pool", id);
  demand_true(!record.launched || *record.launched == instance.launch_time(), "the launch time",
              id);
  demand_true(account(record.account), "the account", id);
  demand_true(record.region == instance.region, "the region", id);
  const auto pool = ground_.options.settings.pools.find(record.pool);
  const bool wants_private = pool != ground_.options.settings.pools.end() &&
                             pool->second.address == core::AddressKind::kPrivate;
  demand_true(record.address.empty() || record.address == (wants_private ? instance.private_address
                                                                         : instance.public_address),
              "the address", id);
}

// Its boot, and its life, count from when EC2 says that it was launched, never from later than now.
void TrueJournal::begun_with_its_call(const core::WorkerRecord& record) const {
  const Options& options = ground_.options;
  const auto attempt = history_.attempts().find(record.token);
  if (attempt == history_.attempts().end() || attempt->second.before_loss) return;
  const Instance* const instance = ec2_.find(record.id);
  const Moment begun = ground_.turn.at - age(record.begun);
  const bool right_calendar = options.dose_of(Fault::kWallForward) == 0 &&
                              options.dose_of(Fault::kWallBack) == 0 && !misjudged_;
  // Of one that was given up only its latest call is known.
  const bool given_up =
      store_.durable().closed.contains(record.token) || closed_.contains(record.token);
  // EC2 dates launches in whole seconds.
  const bool so = instance->born - begun < seconds{1} && (given_up || begun <= instance->born);
  demand_true(begun <= ground_.turn.at && (so || !right_calendar), "the beginning",
              record.id.value);
}

void TrueJournal::risen(const core::WorkerRecord& record) const {
  const auto pool = ground_.options.settings.pools.find(record.pool);
  if (pool == ground_.options.settings.pools.end()) return;
  const Duration boot = std::min(age(record.begun), pool->second.launch_timeout);
  demand_true(record.boot == boot, "the boot", record.id.value);
  demand_true(age(record.last_used) == Duration{0}, "the idle clock", record.id.value);
}

void TrueJournal::judge(const core::LaunchStamp& record) {
  if (!counted_.insert(record.token).second || history_.commit_failing()) return;
  demand_true(age(record.at) == Duration{0}, "the hour", record.token.value);
}

void TrueJournal::judge(const core::ClosedAttempt& record) {
  if (!closed_.insert(record.token).second || history_.commit_failing()) return;
  demand_true(age(record.at) == Duration{0}, "the closing", record.token.value);
  const auto attempt = history_.attempts().find(record.token);
  demand_true(attempt == history_.attempts().end() || attempt->second.pool == record.pool,
              "the pool", record.token.value);
}

void TrueJournal::judge(const core::BrokerRecord& record) {
  if (broker_) {
    demand_true(record.nonce == broker_->nonce, "the nonce", "the broker");
    demand_true(record.next_attempt >= broker_->next_attempt, "the next number", "the broker");
  }
  demand_true(record.account.empty() || account(record.account), "the account", "the broker");
  broker_ = record;
}

void TrueJournal::turned() {
  if (!std::exchange(compare_, false) || !process_.runs()) return;
  touches_ = 0;
  const core::Records held = process_.broker().records();
  const core::Records& written = store_.durable();
  // The calendar may have raised the number since it was written; the next launch writes it.
  core::BrokerRecord broker = written.broker.value_or(core::BrokerRecord{});
  demand_true(held.broker && held.broker->next_attempt >= broker.next_attempt, "the next number",
              "the broker");
  broker.next_attempt = held.broker->next_attempt;
  demand_true(held.broker == broker, "what is said", "the broker");
  same_launches(held);
  demand_true(held.stamps == written.stamps, "what is said", "the launches of the hour");
  demand_true(held.closed == written.closed, "what is said", "the closed launches");
  demand_true(held.leases == written.leases, "what is said", "the leases");
  same_workers(held);
}

// After a restart only EC2 knows what became of a launch, whatever is written.
void TrueJournal::same_launches(const core::Records& held) const {
  const core::Records& written = store_.durable();
  demand_true(held.attempts.size() == written.attempts.size(), "the number", "the open launches");
  for (const auto& [token, attempt] : held.attempts) {
    const auto found = written.attempts.find(token);
    demand_true(found != written.attempts.end(), "the record", token.value);
    core::AttemptRecord as_written = found->second;
    if (!own_.contains(token)) as_written.outcome_unknown = attempt.outcome_unknown;
    demand_true(as_written == attempt, "what is said", token.value);
  }
}

void TrueJournal::same_workers(const core::Records& held) const {
  const core::Records& written = store_.durable();
  demand_true(held.workers.size() == written.workers.size(), "the number", "the workers");
  for (const auto& [id, worker] : held.workers) {
    const auto found = written.workers.find(id);
    demand_true(found != written.workers.end(), "the record", id.value);
    core::WorkerRecord as_written = found->second;
    const Duration behind = worker.last_used - as_written.last_used;
    demand_true(Duration{0} <= behind && behind <= ground_.options.settings.idle_save_interval,
                "the idle clock", id.value);
    as_written.last_used = worker.last_used;
    demand_true(as_written == worker, "what is said", id.value);
    const auto line = written.open_ledger.find(id);
    demand_true(line != written.open_ledger.end(), "the line in the ledger", id.value);
  }
}

void TrueJournal::went_down() {
  compare_ = false;
  called_.clear();
  own_.clear();
}

void TrueJournal::journal_lost() {
  seen_.clear();
  broker_.reset();
}

}  // namespace cb::sim
