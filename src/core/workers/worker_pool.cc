#include "core/workers/worker_pool.h"

#include <algorithm>
#include <utility>

namespace cb::core {

const Worker* WorkerPool::find(const InstanceId& id) const {
  const auto found = workers_.find(id);
  return found == workers_.end() ? nullptr : &found->second;
}

const Worker* WorkerPool::at_address(const std::string& address) const {
  const auto found = addresses_.find(address);
  return found == addresses_.end() ? nullptr : find(found->second);
}

std::vector<InstanceId> WorkerPool::ids() const {
  std::vector<InstanceId> out;
  out.reserve(workers_.size());
  for (const auto& [id, worker] : workers_) out.push_back(id);
  std::sort(out.begin(), out.end());
  return out;
}

WorkerRecord WorkerPool::first_record(const InstanceView& view, const std::string& region) const {
  WorkerRecord record;
  record.id = view.id;
  record.account = step_.identity.account;
  record.region = region;
  record.market = view.market;
  record.type = view.type;
  record.image = view.image;
  record.zone = view.zone;
  record.launched = view.launched;
  record.begun = record.last_used = step_.now.boot;
  return record;
}

const Worker& WorkerPool::add(Worker worker) {
  const Worker& kept = restore(std::move(worker), Save::kNow);
  if (kept.ours) step_.save(ledger_line(kept));
  return kept;
}

const Worker& WorkerPool::restore(Worker worker, Save save) {
  const InstanceId id = worker.record.id;
  CHECK(!id.empty() && !workers_.contains(id));
  CHECK(worker.record.serving);
  Worker& kept = workers_.emplace(id, std::move(worker)).first->second;
  index(kept);
  step_.cloud(kept.record.region);
  if (save == Save::kNow) save_record(kept);
  return kept;
}

void WorkerPool::become_ready(const Worker& worker) {
  const auto ready = [&](Worker& mine) {
    WorkerRecord& record = mine.record;
    mine.ours = mine.proven = true;
    record.doubted.reset();
    if (record.phase == WorkerPhase::kReady) return;
    mine.confirmed = true;
    // Whoever had it before it was found is not known, and may have it still.
    if (record.phase == WorkerPhase::kAdopting) mine.bare_used = step_.now.boot;
    if (record.phase == WorkerPhase::kBooting) {
      // One that was found long after its launch did not boot for all that time.
      record.boot = std::min(step_.now.boot - record.begun, mine.serving().launch_timeout);
      record.last_used = step_.now.boot;
      mine.clock_recovered = false;
    }
    record.phase = WorkerPhase::kReady;
  };
  update(worker, ready, Save::kNow);
}

void WorkerPool::become_suspect(const Worker& worker, Instant since, Save save) {
  const auto suspect = [&](Worker& mine) {
    mine.record.doubted = since;
    mine.coming_until = since + mine.serving().launch_timeout;
  };
  update(worker, suspect, save);
  step_.timers.arm({TimerKind::kWorkerAwaited, worker.record.id.value}, worker.coming_until);
}

void WorkerPool::become_terminating(const Worker& worker, const std::string& reason) {
  hang_up(worker);
  const auto terminating = [&](Worker& mine) {
    mine.record.phase = WorkerPhase::kTerminating;
    mine.record.end_reason = reason;
  };
  update(worker, terminating, Save::kNow);
}

void WorkerPool::remove(const InstanceId& id, Leaving how) {
  const auto found = workers_.find(id);
  CHECK(found != workers_.end());
  CHECK(found->second.leases.empty());
  hang_up(found->second);
  unindex(found->second);
  if (found->second.ours) {
    left_[id] = {step_.now.boot, how, found->second.record.end_reason};
    left_order_.emplace_back(step_.now.boot, id);
  }
  // EC2 lists an ended instance for about an hour; no answer is late by two.
  while (!left_order_.empty() && step_.now.boot - left_order_.front().first > hours{2}) {
    const auto left = left_.find(left_order_.front().second);
    if (left != left_.end() && left->second.at == left_order_.front().first) left_.erase(left);
    left_order_.pop_front();
  }
  workers_.erase(InstanceId{id});
}

bool WorkerPool::ended_before(const InstanceId& id) const {
  const auto left = left_.find(id);
  return left != left_.end() && left->second.how == Leaving::kTerminated;
}

std::optional<std::string> WorkerPool::end_wanted(const InstanceId& id) const {
  const auto left = left_.find(id);
  if (left == left_.end() || left->second.end_reason.empty()) return {};
  return left->second.end_reason;
}

bool WorkerPool::configured(const WorkerRecord& record) const {
  const PoolSettings* const pool = step_.pool(record.pool);
  // A pool that names no regions takes its workers where they are.
  return pool != nullptr &&
         (pool->regions.empty() || step_.settings.launches_in(*pool, record.region)) &&
         pool->image_in(record.region) == record.asked_image &&
         pool->serving().same_machine(*record.serving) &&
         std::find(pool->instance_types.begin(), pool->instance_types.end(), record.type) !=
             pool->instance_types.end();
}

bool WorkerPool::follow_settings(WorkerRecord& record) const {
  const WorkerRecord before = record;
  const PoolSettings* const pool = step_.pool(record.pool);
  if (!record.serving) record.serving = step_.serving(record.pool);
  if (pool != nullptr) {
    record.serving->launch_timeout = pool->launch_timeout;
    record.serving->idle_timeout = pool->idle_timeout;
  }
  if (record.asked_image.empty()) {
    // Of a name nobody can tell which id it stood for.
    const std::string image = pool != nullptr ? pool->image_in(record.region) : record.image;
    record.asked_image = image.starts_with("ami-") ? record.image : image;
  }
  return !(record == before);
}

bool WorkerPool::may_be_handed_out(const Worker& worker) const {
  return worker.record.phase == WorkerPhase::kReady && worker.ours && worker.confirmed &&
         worker.proven && !worker.suspect() && !worker.record.address.empty() &&
         worker.state == InstanceState::kRunning && configured(worker.record);
}

bool WorkerPool::stays(const Worker& worker) const {
  return worker.ours && worker.record.phase != WorkerPhase::kTerminating &&
         configured(worker.record);
}

WorkerPool::Tally WorkerPool::tally(const Worker& worker) const {
  if (!worker.ours) return {};
  const bool ending = worker.record.phase == WorkerPhase::kTerminating;
  return {.counted = !worker.end_confirmed,
          .ending = ending && !worker.end_confirmed,
          .unsettled = worker.record.phase != WorkerPhase::kReady,
          .staying = stays(worker)};
}

void WorkerPool::count(const Tally& tally, int by) {
  if (tally.counted) counted_ += by;
  if (tally.ending) ending_ += by;
  if (tally.unsettled) unsettled_ += by;
}

void WorkerPool::index(Worker& worker) {
  const WorkerRecord& record = worker.record;
  count(tallies_[record.id] = tally(worker), +1);
  Index& index = indices_[record.pool];
  index.counted += tallies_[record.id].counted ? 1 : 0;
  index.staying += tallies_[record.id].staying ? 1 : 0;
  index.ending += tallies_[record.id].ending ? 1 : 0;
  step_.stirred.insert(record.pool);
  worker.indexed_room = room(worker);
  if (may_be_handed_out(worker)) {
    index.ready.emplace(record.begun, record.id);
    if (worker.indexed_room != 0) {
      index.room.emplace(worker.indexed_room, record.begun, record.id);
    }
  }
  // A recovered worker that has not shown itself yet is on its way as well, and so is one whose
  // service starts anew: its machine refuses, or accepts and does not answer yet.
  const bool unproven = record.phase == WorkerPhase::kReady &&
                        !(worker.confirmed && worker.proven && !worker.suspect()) &&
                        !(worker.suspect() && worker.out_of_reach);
  if (worker.ours && (worker.rising() || unproven) && configured(record)) {
    index.coming.insert(record.id);
  }
  worker.indexed_address.clear();
  const bool over = record.phase == WorkerPhase::kTerminating;
  if (record.address.empty() || over) return;
  worker.indexed_address = record.address;
  // Two of ours with one address: the older one is gone and EC2 has not said so yet.
  const auto [entry, fresh] = addresses_.try_emplace(record.address, record.id);
  if (fresh) return;
  const Worker* other = find(entry->second);
  if (other == nullptr || other->record.begun <= record.begun) entry->second = record.id;
}

void WorkerPool::unindex(const Worker& worker) {
  const InstanceId& id = worker.record.id;
  const auto tally = tallies_.find(id);
  count(tally->second, -1);
  Index& index = indices_[worker.record.pool];
  index.counted -= tally->second.counted ? 1 : 0;
  index.staying -= tally->second.staying ? 1 : 0;
  index.ending -= tally->second.ending ? 1 : 0;
  tallies_.erase(tally);
  step_.stirred.insert(worker.record.pool);
  index.ready.erase({worker.record.begun, id});
  index.room.erase({worker.indexed_room, worker.record.begun, id});
  index.coming.erase(id);
  const auto address = addresses_.find(worker.indexed_address);
  if (address != addresses_.end() && address->second == id) addresses_.erase(address);
}

void WorkerPool::leases_changed(const Worker& worker) {
  if (room(worker) == worker.indexed_room) return;
  unindex(worker);
  index(own(worker));
}

std::size_t WorkerPool::counted_of(const PoolName& pool) const {
  const auto index = indices_.find(pool);
  return index == indices_.end() ? 0 : index->second.counted;
}

std::size_t WorkerPool::ending_of(const PoolName& pool) const {
  const auto index = indices_.find(pool);
  return index == indices_.end() ? 0 : index->second.ending;
}

std::size_t WorkerPool::staying_of(const PoolName& pool) const {
  const auto index = indices_.find(pool);
  return index == indices_.end() ? 0 : index->second.staying;
}

std::size_t WorkerPool::ready_of(const PoolName& pool, const Need& need) const {
  const auto index = indices_.find(pool);
  if (index == indices_.end()) return 0;
  const auto& ready = index->second.ready;
  if (!need.type && !need.market && !need.region) return ready.size();
  return static_cast<std::size_t>(std::count_if(ready.begin(), ready.end(), [&](const auto& entry) {
    const WorkerRecord& record = find(entry.second)->record;
    return need.fits(record);
  }));
}

bool WorkerPool::worth_waiting_for(const Worker& worker) const {
  // While it boots it is waited for until it is given up: its last probe may just be on its way.
  const bool boots = worker.record.phase == WorkerPhase::kBooting;
  // Not by the clock: in the step before that timer's, the verdict on it may come with the timer.
  return boots || step_.timers.armed({TimerKind::kWorkerAwaited, worker.record.id.value});
}

std::vector<const Worker*> WorkerPool::coming(const PoolName& pool) const {
  std::vector<const Worker*> out;
  const auto index = indices_.find(pool);
  if (index == indices_.end()) return out;
  for (const InstanceId& id : index->second.coming) {
    const Worker& worker = workers_.at(id);
    if (worth_waiting_for(worker)) out.push_back(&worker);
  }
  return out;
}

void WorkerPool::touch(const Worker& worker) {
  Worker& mine = own(worker);
  mine.record.last_used = step_.now.boot;
  mine.clock_recovered = false;
  mine.perhaps_used = true;
  const Duration behind = step_.now.boot - mine.last_used_saved;
  if (behind >= step_.settings.idle_save_interval) save_record(mine);
}

void WorkerPool::save_record(Worker& worker) {
  if (!worker.ours) return;
  WorkerRecord record = worker.record;
  // What recovery added is not added again by the next one.
  if (worker.clock_recovered) record.last_used = worker.last_used_saved;
  worker.last_used_saved = record.last_used;
  step_.save(std::move(record));
}

Duration WorkerPool::idle_limit(const Worker& worker) const {
  // Shorter than the boot, and machines would be launched and ended for ever.
  return std::max(worker.serving().idle_timeout, worker.record.boot.value_or(Duration{0}));
}

bool WorkerPool::silent(const Worker& worker) const {
  return worker.question && worker.question->asked &&
         step_.now.boot - *worker.question->asked >= step_.settings.probe_answer_limit;
}

// A connection that a middlebox forgets again and again says nothing about the service.
bool WorkerPool::busy(const Worker& worker) const {
  return silent(worker) && worker.lost_in_a_row < 2;
}

void WorkerPool::hang_up(const Worker& worker) {
  worker.question.reset();
  worker.first_answer.reset();
  if (std::exchange(worker.connected, false)) step_.act(HangUp{worker.record.id});
}

bool WorkerPool::nobodys(const Worker& worker) const {
  const auto& used = worker.bare_used;
  return worker.leases.empty() && !busy(worker) &&
         !(used && step_.now.boot - *used < idle_limit(worker));
}

Instant WorkerPool::idle_deadline(const Worker& worker) const {
  if (!worker.leases.empty()) return step_.now.boot + idle_limit(worker);
  return std::max(worker.record.last_used + idle_limit(worker),
                  step_.started + step_.settings.restart_grace);
}

void WorkerPool::reconsider_all() {
  for (const InstanceId& id : ids()) {
    const Worker& worker = *find(id);
    WorkerRecord followed = worker.record;
    const Save save = follow_settings(followed) ? Save::kNow : Save::kLater;
    update(
        worker, [&](Worker& mine) { mine.record = std::move(followed); }, save);
    if (worker.unreachable_since) {
      step_.timers.arm_by({TimerKind::kWorkerUnreachable, id.value},
                          *worker.unreachable_since + step_.settings.unreachable_timeout);
    }
    if (worker.record.phase == WorkerPhase::kReady) {
      step_.timers.arm({TimerKind::kWorkerIdle, id.value}, idle_deadline(worker));
      step_.timers.arm({TimerKind::kWorkerQuestion, id.value},
                       worker.record.last_used + idle_limit(worker) / 2);
    }
  }
}

LedgerRecord WorkerPool::ledger_line(const Worker& worker) const {
  const WorkerRecord& record = worker.record;
  return {.id = record.id,
          .pool = record.pool,
          .account = record.account,
          .region = record.region,
          .market = record.market,
          .type = record.type,
          .zone = record.zone,
          .launched = record.launched.value_or(step_.now.wall),
          .ended = {},
          .end_reason = record.end_reason,
          .handed_out = worker.handed_out};
}

}  // namespace cb::core
