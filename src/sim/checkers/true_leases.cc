#include "sim/checkers/true_leases.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

using core::WorkerPhase;

constexpr const char* kTrueLeasesRule = "17-true-leases";
// Its worker is asked first, which takes as long as two lost questions where a middlebox forgets
// them.
constexpr Duration kLookedAtAgain = minutes{4};
// A computation of which the broker has heard since its latest question.
constexpr Duration kJustBegun = seconds{5};

}  // namespace

const core::WorkerRecord* TrueLeases::record_of(const Lease& lease) const {
  const auto found = store_.durable().workers.find(lease.worker);
  return found == store_.durable().workers.end() ? nullptr : &found->second;
}

void TrueLeases::told(const core::Event& event) {
  ++told_;
  changed_ = changed_ || std::holds_alternative<core::SettingsChanged>(event);
  if (const auto* gone = std::get_if<core::ConnectionLost>(&event)) return lost(gone->connection);
  const auto* asked = std::get_if<core::Asked>(&event);
  if (asked == nullptr) return;
  questions_[asked->caller] = {asked->request, asked->connection, told_};
  const auto* release = std::get_if<core::Release>(&asked->request);
  if (release == nullptr) return;
  if (!release->lease.none()) given_up_.insert(release->lease);
  for (const auto& [id, lease] : leases_) {
    const bool own = lease.connection == asked->connection && asked->connection.value != 0;
    if (own && release->lease.none()) given_up_.insert(id);
  }
}

void TrueLeases::lost(ConnectionId connection) {
  for (auto& [id, lease] : leases_) {
    if (lease.connection != connection || connection.value == 0) continue;
    lease.connection = {};
    lease.lost = ground_.now();
    lease.lost_as = told_;
  }
  lost_[connection] = told_;
}

void TrueLeases::answered(CallerId caller, const core::Answer& answer) {
  const auto found = questions_.find(caller);
  if (found == questions_.end()) return;
  const Question question = std::move(found->second);
  questions_.erase(found);
  const bool ok = std::holds_alternative<core::Ok>(answer);
  const auto workers = given_in(answer);
  for (const core::WorkerAddress& worker : workers) given(worker, question);
  if (!workers.empty()) return;
  if (const auto* renew = std::get_if<core::Renew>(&question.request)) {
    answered_of(renew->lease, {}, ok);
    if (ok) named(renew->lease, question);
  } else if (const auto* ping = std::get_if<core::Ping>(&question.request)) {
    if (!ping->lease.none()) answered_of(ping->lease, ping->address, ok);
    if (!ok) return;
    if (!ping->lease.none()) return named(ping->lease, question);
    for (auto& [id, lease] : leases_) {
      const core::WorkerRecord* const record = record_of(lease);
      const bool own = question.connection.value != 0 && lease.connection == question.connection;
      if (own && record != nullptr && record->address == ping->address) {
        named(id, question);
      }
    }
  }
}

void TrueLeases::given(const core::WorkerAddress& answer, const Question& question) {
  const auto* get = std::get_if<core::GetWorker>(&question.request);
  const bool wanted = get != nullptr && get->leased;
  if (wanted == answer.lease.none()) {
    throw Violated(kTrueLeasesRule,
                   str(answer.address, " is given ", wanted ? "without" : "with", " a lease"));
  }
  if (!wanted) return;
  if (history_.commit_failing()) {
    given_unwritten(answer);
    return named(answer.lease, question);
  }
  const auto lease = leases_.find(answer.lease);
  if (lease == leases_.end() && given_up_.contains(answer.lease)) return;
  const auto* const record = lease != leases_.end() ? record_of(lease->second) : nullptr;
  // It may have ended in the same turn as it was given.
  const Life* const life = history_.latest_at(answer.address);
  if (record == nullptr && life != nullptr && ended_.contains(life->instance->id)) return;
  if (record == nullptr && confused_) return;  // and given up by what was told with it
  if (record == nullptr || record->address != answer.address) {
    throw Violated(kTrueLeasesRule, str("lease ", to_text(answer.lease), " on ", answer.address,
                                        " is given and not in the journal"));
  }
  named(answer.lease, question);
  if (get->hold && lease->second.held_until < ground_.turn.at + *get->hold) {
    throw Violated(kTrueLeasesRule, str("lease ", to_text(answer.lease), " is not held for ",
                                        to_string(*get->hold)));
  }
}

void TrueLeases::given_unwritten(const core::WorkerAddress& answer) {
  if (leases_.contains(answer.lease) || before_that_.contains(answer.lease)) return;
  if (!unwritten_) {
    before_that_.insert(answer.lease);
    return;
  }
  const Life* const life = history_.latest_at(answer.address);
  const auto& pools = ground_.options.settings.pools;
  const auto pool = life != nullptr ? pools.find(life->instance->pool) : pools.end();
  if (pool == pools.end() || pool->second.sharing == core::Sharing::kShared) return;
  throw Violated(kTrueLeasesRule, str("lease ", to_text(answer.lease), " on ", answer.address,
                                      ", which is one client's, is given and cannot be written"));
}

void TrueLeases::named(const LeaseId& id, const Question& question) {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return;
  Lease& lease = found->second;
  lease.named = std::max(lease.named, ground_.turn.at);
  const bool bound = question.connection.value != 0;
  if (!bound && std::holds_alternative<core::GetWorker>(question.request)) {
    lease.lost = std::max(lease.lost.value_or(ground_.turn.at), ground_.turn.at);
    return;  // there is no connection from the first
  }
  // Its connection may have been lost while the answer was on its way.
  if (!bound && lease.lost && lease.lost_as > question.told_as) return;
  lease.lost.reset();
  if (!bound) return;
  const auto gone = lost_.find(question.connection);
  if (gone == lost_.end()) {
    lease.connection = question.connection;
  } else {
    lease.connection = {};
    lease.lost = ground_.turn.at;
    lease.lost_as = gone->second;
  }
}

// Whoever names a lease means its worker and no other.
void TrueLeases::answered_of(const LeaseId& id, const std::string& address, bool ok) const {
  const auto found = leases_.find(id);
  const bool there = found != leases_.end() && !history_.commit_failing();
  const core::WorkerRecord* const record = there ? record_of(found->second) : nullptr;
  if (record == nullptr) return;
  const bool fits = address.empty() || record->address == address;
  // EC2 may have given its address to another meanwhile, which is known before its end is.
  const Life* const life = history_.latest_at(record->address);
  const bool elsewhere = life != nullptr && life->instance->id != found->second.worker;
  const bool may_be_refused = given_up_.contains(id) || ended_.contains(found->second.worker) ||
                              record->phase == WorkerPhase::kTerminating || elsewhere;
  if (ok && !fits) {
    throw Violated(kTrueLeasesRule, str("lease ", to_text(id), " is on ", record->address,
                                        ", and is found on ", address));
  }
  if (!ok && fits && !may_be_refused) {
    throw Violated(kTrueLeasesRule, str("lease ", to_text(id), " is not found, and it is there"));
  }
}

Moment TrueLeases::deadline(const Lease& lease) const {
  const core::Settings& settings = ground_.options.settings;
  const Duration limit = lease.lost ? settings.lease_grace : settings.lease_ttl;
  return std::max(lease.lost.value_or(lease.named) + limit, lease.held_until);
}

bool TrueLeases::computes(const Lease& lease) const {
  const Life* const life = history_.life(lease.worker);
  if (life == nullptr || !life->instance->alive()) return false;
  const auto pool = ground_.options.settings.pools.find(life->instance->pool);
  if (pool == ground_.options.settings.pools.end()) return false;
  return pool->second.ready == core::ReadyCheck::kDserv && life->question_open && life->asked &&
         ground_.now() - *life->asked >= kJustBegun && life->lost == 0 && !life->failing_since &&
         life->instance->computing(ground_.now());
}

void TrueLeases::dropped(const LeaseId& id, const std::set<InstanceId>& ending) {
  const auto found = leases_.find(id);
  if (found == leases_.end()) return;
  const Lease lease = found->second;
  leases_.erase(found);
  const bool ends = ending.contains(lease.worker) || ended_.contains(lease.worker);
  if (given_up_.contains(id) || ends || confused_ || !lease.clear) return;
  if (history_.commit_failing()) return;
  if (ground_.turn.at < deadline(lease)) {
    throw Violated(kTrueLeasesRule, str("lease ", to_text(id), " on ", lease.worker.value,
                                        " ends before its time, ", stamp(deadline(lease))));
  }
  if (!computes(lease)) return;
  throw Violated(kTrueLeasesRule, str("lease ", to_text(id), " ends while its worker ",
                                      lease.worker.value, " computes"));
}

void TrueLeases::worker_ends(const InstanceId& id, std::string_view why) {
  if (confused_) return;
  const auto record = store_.durable().workers.find(id);
  for (const auto& [lease_id, lease] : leases_) {
    if (lease.worker != id || given_up_.contains(lease_id) || !lease.clear) continue;
    if (history_.commit_failing()) continue;
    if (why.starts_with("idle ") || why.starts_with("released by ")) {
      throw Violated(kTrueLeasesRule, str(id.value, " ends (", why, ") though lease ",
                                          to_text(lease_id), " is on it"));
    }
    if (lease.connection.value == 0 || record == store_.durable().workers.end()) continue;
    to_be_told_.emplace(lease.connection, record->second.address);
  }
}

void TrueLeases::committed(const std::vector<core::Change>& changes) {
  changed_ = true;
  failing_ = false;
  std::set<InstanceId> ending;
  for (const core::Change& change : changes) {
    const auto* worker = std::get_if<core::WorkerRecord>(&change);
    const auto* gone = std::get_if<core::DropWorker>(&change);
    if (worker != nullptr && worker->phase == WorkerPhase::kTerminating) {
      if (ending.insert(worker->id).second) worker_ends(worker->id, worker->end_reason);
    } else if (gone != nullptr && ending.insert(gone->id).second) {
      worker_ends(gone->id, "");
    }
  }
  for (const core::Change& change : changes) {
    if (const auto* record = std::get_if<core::LeaseRecord>(&change)) {
      const auto [entry, fresh] = leases_.try_emplace(record->id);
      entry->second.worker = record->worker;
      if (record->held_until) {
        entry->second.held_until = ground_.now() + (*record->held_until - ground_.clock.boot());
      }
      if (!fresh) continue;
      entry->second.named = ground_.turn.at;
      entry->second.lost = ground_.turn.at;              // until its answer is on its way
      entry->second.clear = !history_.commit_failing();  // else it was given earlier
    } else if (const auto* drop = std::get_if<core::DropLease>(&change)) {
      dropped(drop->id, ending);
    }
  }
  ended_.merge(ending);
}

void TrueLeases::within_its_places() const {
  struct Taken {
    std::size_t leases = 0, cores = 0;
    bool whole = false, alone = false;
  };
  std::map<InstanceId, Taken> held;
  for (const auto& [id, lease] : store_.durable().leases) {
    Taken& taken = held[lease.worker];
    ++taken.leases;
    taken.cores += static_cast<std::size_t>(lease.cores);
    taken.whole = taken.whole || lease.cores == 0;
    taken.alone = taken.alone || lease.alone;
  }
  for (const auto& [id, taken] : held) {
    const auto record = store_.durable().workers.find(id);
    if (record == store_.durable().workers.end()) continue;
    const auto pool = ground_.options.settings.pools.find(record->second.pool);
    if (taken.alone && taken.leases > 1) {
      throw Violated(kTrueLeasesRule, str(id.value, " has ", taken.leases,
                                          " leases on it, one of which is alone there"));
    }
    if (pool == ground_.options.settings.pools.end()) continue;
    const bool packed = pool->second.sharing == core::Sharing::kPacked;
    const std::size_t places = pool->second.places(record->second.type);
    const bool fits = packed ? taken.cores <= places && (!taken.whole || taken.leases == 1)
                             : taken.leases <= places;
    if (fits) continue;
    throw Violated(kTrueLeasesRule, str(id.value, " has ", taken.leases, " leases of ", taken.cores,
                                        " cores on it and takes ", places));
  }
}

void TrueLeases::noticed(ConnectionId connection, const core::Notice& notice) {
  to_be_told_.erase({connection, notice.address});
}

bool TrueLeases::overdue(const Lease& lease) const {
  if (ground_.turn.at <= deadline(lease) + kLookedAtAgain) return false;
  const Life* const life = history_.life(lease.worker);
  if (life == nullptr || !lease.clear || life->failing_since || life->lost != 0) return false;
  const core::WorkerRecord* const record = record_of(lease);
  if (record == nullptr || record->phase != WorkerPhase::kReady || record->doubted) return false;
  Moment due = std::max(deadline(lease), up_since_ + ground_.options.settings.restart_grace);
  due = std::max(due, up_since_ + ground_.options.settings.lease_grace);
  // Since it is within reach again, and has done with what it computed.
  due = std::max({due, life->latest_change, life->instance->busy_until});
  if (life->computed) due = std::max(due, *life->computed + ground_.options.settings.lease_ttl);
  if (const auto heard = ground_.last_pause_ended()) {
    due = std::max(due, *heard + ground_.options.settings.restart_grace);
  }
  return ground_.turn.at > due + kLookedAtAgain && !life->question_open;
}

void TrueLeases::turned() {
  if (!to_be_told_.empty() && !history_.commit_failing()) {
    throw Violated(kTrueLeasesRule,
                   str("connection ", to_be_told_.begin()->first.value, " is not told that ",
                       to_be_told_.begin()->second, " ends, on which it holds a lease"));
  }
  to_be_told_.clear();
  given_up_.clear();
  confused_ = false;
  unwritten_ = failing_;
  if (!unwritten_) before_that_.clear();
  if (history_.commit_failing()) return;
  if (std::exchange(changed_, false)) within_its_places();
  for (const auto& [id, lease] : leases_) {
    if (!overdue(lease)) continue;
    throw Violated(kTrueLeasesRule,
                   str("lease ", to_text(id), " on ", lease.worker.value, " is over since ",
                       stamp(deadline(lease)), ", and is still there"));
  }
}

void TrueLeases::went_down() {
  unwritten_ = failing_ = false;
  before_that_.clear();
  questions_.clear();
  lost_.clear();
  given_up_.clear();
  to_be_told_.clear();
  for (auto& [id, lease] : leases_) lease.connection = {};
}

// After a reboot their times are as uncertain as the calendar.
void TrueLeases::starting(Duration misjudged) {
  for (auto& [id, lease] : leases_) {
    if (misjudged != Duration{0} && lease.held_until != Moment{}) lease.clear = false;
  }
}

void TrueLeases::started(const BrokerStart& start) {
  up_since_ = ground_.now();
  std::erase_if(leases_,
                [&](const auto& entry) { return !start.held.leases.contains(entry.first); });
  for (auto& [id, lease] : leases_) lease.lost = ground_.now();
}

void TrueLeases::journal_restored(const core::Records& records) {
  for (const auto& [id, record] : records.leases) {
    Lease& lease = leases_[id] = {};
    lease.worker = record.worker;
    lease.named = ground_.now();
    lease.clear = false;
  }
}

}  // namespace cb::sim
