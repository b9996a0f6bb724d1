#include "core/workers/lease_table.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::core {
namespace {

Timer timer(const Lease& lease) {
  return {TimerKind::kLease, to_text(lease.id)};
}

}  // namespace

LeaseRecord Lease::record() const {
  return {.id = id,
          .worker = worker->record.id,
          .client = client,
          .since = since,
          .held_until = held_until,
          .cores = cores,
          .alone = alone};
}

std::string holder(const Lease& lease) {
  return lease.client.empty() ? "a client" : lease.client;
}

void LeaseTable::restore(const Records& records, std::uint64_t seed) {
  ids_ = Prng{seed};
  for (const auto& [id, record] : records.leases) {
    const Worker* const worker = workers_.find(record.worker);
    if (worker == nullptr || worker->record.phase == WorkerPhase::kTerminating) {
      step_.save(DropLease{id});
      continue;
    }
    Lease& lease = keep({.id = id,
                         .worker = worker,
                         .client = record.client,
                         .since = record.since,
                         .held_until = record.held_until,
                         .cores = record.cores,
                         .alone = record.alone});
    lease.lost = true;
    lease.heard = step_.now.boot;
    arm(lease);
  }
}

const Lease* LeaseTable::find(LeaseId id) const {
  const auto found = leases_.find(id);
  return found == leases_.end() ? nullptr : &found->second;
}

std::vector<const Lease*> LeaseTable::held_by(ConnectionId connection, const Worker& worker) const {
  std::vector<const Lease*> out;
  if (connection.value == 0) return out;
  const auto [first, end] = of_connections_.equal_range(connection);
  for (auto held = first; held != end; ++held) {
    if (held->second->worker == &worker) out.push_back(held->second);
  }
  return out;
}

const Lease* LeaseTable::held_by(ConnectionId connection, const PoolName& pool,
                                 const Need& need) const {
  const auto is_that = [&](const auto& held) {
    const Lease& lease = *held.second;
    const WorkerRecord& worker = lease.worker->record;
    return worker.pool == pool && need.fits(worker) &&
           (lease.cores == need.cores || !is_packed(*lease.worker)) && lease.alone == need.alone &&
           workers_.may_be_handed_out(*lease.worker);
  };
  const auto [first, end] = of_connections_.equal_range(connection);
  const auto held = std::find_if(first, end, is_that);
  return held == end ? nullptr : held->second;
}

LeaseId LeaseTable::fresh_id() {
  LeaseId id;
  do {
    id.value = ids_.next();
  } while (id.none() || leases_.contains(id));
  return id;
}

Lease& LeaseTable::keep(Lease fresh) {
  const LeaseId id = fresh.id;
  Lease& lease = leases_[id] = std::move(fresh);
  lease.of_worker = lease.worker->leases.insert(lease.worker->leases.end(), &lease);
  count(lease, +1);
  return lease;
}

void LeaseTable::count(const Lease& lease, int by) {
  const Worker& worker = *lease.worker;
  worker.leased_cores += static_cast<std::size_t>(by * lease.cores);
  if (lease.cores == 0) worker.leased_whole += static_cast<std::size_t>(by);
  if (lease.alone) worker.leased_alone += static_cast<std::size_t>(by);
  workers_.leases_changed(worker);
}

bool LeaseTable::is_packed(const Worker& worker) const {
  const PoolSettings* const pool = step_.pool(worker.record.pool);
  return pool != nullptr && pool->sharing == Sharing::kPacked;
}

const Lease& LeaseTable::grant(const Worker& worker, ConnectionId connection,
                               const std::string& client, const Need& need) {
  Lease& lease = keep({.id = fresh_id(),
                       .worker = &worker,
                       .client = client,
                       .since = step_.now.boot,
                       .cores = need.cores,
                       .alone = need.alone});
  step_.save(lease.record());
  name(lease, connection);
  lease.lost = connection.value == 0;
  arm(lease);
  step_.log(LogLevel::kInfo, "lease.given", about(worker.record),
            str("lease ", to_text(lease.id), " on worker ", worker.record.id.value, " at ",
                worker.record.address, " given to ", holder(lease)),
            str("lease given ", worker.record.id.value));
  return lease;
}

void LeaseTable::name(const Lease& lease, ConnectionId connection) {
  Lease& mine = own(lease);
  mine.heard = step_.now.boot;
  mine.worker->pinged = step_.now.boot;
  if (std::exchange(mine.lost, false)) arm(mine);
  if (connection == mine.connection || connection.value == 0) return;
  unbind(mine);
  bind(mine, connection);
}

void LeaseTable::bind(Lease& lease, ConnectionId connection) {
  lease.connection = connection;
  lease.of_connection = of_connections_.emplace(connection, &lease);
}

void LeaseTable::unbind(Lease& lease) {
  if (std::exchange(lease.connection, {}).value != 0) of_connections_.erase(lease.of_connection);
}

void LeaseTable::hold(const Lease& lease, Duration time) {
  Lease& mine = own(lease);
  const Instant until = step_.now.boot + time;
  if (until <= mine.held_until.value_or(Instant::min())) return;
  mine.held_until = until;
  step_.save(mine.record());
  arm(mine);
}

void LeaseTable::lost(ConnectionId connection) {
  for (auto held = of_connections_.find(connection); held != of_connections_.end();
       held = of_connections_.find(connection)) {
    Lease& mine = own(*held->second);
    unbind(mine);
    mine.lost = true;
    mine.heard = step_.now.boot;
    arm(mine);
    step_.log(LogLevel::kInfo, "lease.lost", about(mine.worker->record),
              str("the connection of lease ", to_text(mine.id), " (", holder(mine),
                  ") is lost: kept for ", to_string(step_.settings.lease_grace),
                  ", or while its worker computes"),
              str("lease lost ", mine.worker->record.id.value));
  }
}

// What is said later mostly moves the deadline on, and not the timer, which looks again when it is
// due.
void LeaseTable::arm(const Lease& lease) {
  step_.timers.arm(timer(lease), deadline(lease));
}

void LeaseTable::reconsider_all() {
  for (const auto& [id, lease] : leases_) arm(lease);
}

Instant LeaseTable::deadline(const Lease& lease) const {
  const Duration limit = lease.lost ? step_.settings.lease_grace : step_.settings.lease_ttl;
  const Instant from = std::max(lease.heard, lease.worker->busy_until.value_or(lease.heard));
  return std::max(from + limit, lease.held_until.value_or(from));
}

void LeaseTable::forget(const Lease& lease) {
  Lease& mine = own(lease);
  step_.timers.cancel(timer(mine));
  step_.save(DropLease{mine.id});
  unbind(mine);
  mine.worker->leases.erase(mine.of_worker);
  count(mine, -1);
  leases_.erase(mine.id);
}

void LeaseTable::end(const Lease& lease, const std::string& reason) {
  const Worker& worker = *lease.worker;
  step_.log(LogLevel::kInfo, "lease.end", about(worker.record),
            str("lease ", to_text(lease.id), " of ", holder(lease), " on worker ",
                worker.record.id.value, " ", reason),
            str("lease end ", worker.record.id.value));
  forget(lease);
  // Its idle clock stood still.
  workers_.touch(worker);
}

void LeaseTable::worker_ended(const Worker& worker, const std::string& reason) {
  while (!worker.leases.empty()) {
    const Lease& lease = *worker.leases.front();
    if (lease.connection.value != 0) {
      step_.act(Notify{lease.connection, {worker.record.address, str("ended ", reason)}});
    }
    step_.log(LogLevel::kInfo, "lease.end", about(worker.record),
              str("lease ", to_text(lease.id), " of ", holder(lease), " ends with its worker ",
                  worker.record.id.value, " (", reason, ")"),
              str("lease end ", worker.record.id.value));
    forget(lease);
  }
}

std::vector<LeaseRow> LeaseTable::rows(const Worker& worker) const {
  std::vector<LeaseRow> out;
  for (const Lease* const lease : worker.leases) {
    out.push_back({.lease = lease->id,
                   .client = lease->client,
                   .cores = is_packed(worker) ? lease->cores : 0,
                   .alone = lease->alone,
                   .since = step_.now.boot - lease->since,
                   .connected = lease->connection.value != 0,
                   .ends_in = std::max(deadline(*lease) - step_.now.boot, Duration{0})});
  }
  return out;
}

std::map<LeaseId, LeaseRecord> LeaseTable::records() const {
  std::map<LeaseId, LeaseRecord> out;
  for (const auto& [id, lease] : leases_) out.emplace(id, lease.record());
  return out;
}

}  // namespace cb::core
