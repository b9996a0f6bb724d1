// What clients ask of the broker.

#include <span>

#include "base/text.h"
#include "core/broker_state.h"
#include "core/demand/pool_choice.h"

namespace cb::core {

void Broker::State::on(const Asked& event) {
  origin = event.origin;
  connection = event.connection;
  std::visit([&](const auto& request) { ask(event.caller, request); }, event.request);
}

void Broker::State::on(const CallerGone& event) {
  watches.forget(event.caller);
  mass.forget(event.caller);
  if (const auto waiter = waiting.out_of_patience(event.caller)) {
    if (!waiting.waits_for(waiter->pool)) launcher.unwanted(waiter->pool);
  }
}

WorkerAddress Broker::State::use(const Worker& worker) {
  ++worker.handed_out;
  worker.bare_used = step.now.boot;
  return {worker.record.address};
}

WorkerAddress Broker::State::lease(const Worker& worker, const Claimant& who) {
  ++worker.handed_out;
  const Lease* lease =
      who.need.count == 1 ? leases.held_by(who.connection, worker.record.pool, who.need) : nullptr;
  if (lease != nullptr && lease->worker == &worker) {
    leases.name(*lease, who.connection);
  } else {
    lease = &leases.grant(worker, who.connection, who.client, who.need);
  }
  if (who.hold) leases.hold(*lease, *who.hold);
  return {worker.record.address, lease->id};
}

void Broker::State::ask(CallerId caller, const GetWorker& request) {
  const auto* const choice = choose_pool(step.settings, request);
  if (choice == nullptr) return step.act(Reply{caller, no_pool(step.settings, request)});
  const auto& [pool, settings] = *choice;
  const Need need = need_of(request);
  if (const auto why = cannot_be(request, need, pool, settings)) {
    return step.act(Reply{caller, *why});
  }
  if (const Worker* const worker = at_once(pool, need)) {
    const Claimant who{need, connection, request.client, request.hold};
    step.act(Reply{caller, need.leased ? lease(*worker, who) : use(*worker)});
    return workers.touch(*worker);
  }
  watches.doubt_trouble(need.region ? std::span(&*need.region, 1)
                                    : step.settings.regions_of(settings));
  waiting.add({.caller = caller,
               .pool = pool,
               .need = need,
               .since = step.now.boot,
               .patience = request.wait.value_or(step.settings.wait_default),
               .wants_progress = request.wants_progress,
               .client = request.client,
               .told = {},
               .hold = request.hold,
               .connection = connection});
}

std::optional<Refused> Broker::State::cannot_be(const GetWorker& request, const Need& need,
                                                const PoolName& name,
                                                const PoolSettings& pool) const {
  const Duration longest = step.settings.max_lifetime;
  if (request.hold && *request.hold > longest) {
    return Refused{RefusalReason::kLimit, str("hold=", to_string(*request.hold),
                                              " is longer than any worker lives (max_lifetime = ",
                                              to_string(longest), ")")};
  }
  if (need.count == 1) return {};
  return never(step.settings, name, pool, need);
}

// The worker that he need not wait for: nobody who has come before him wants it. Null: he waits, if
// only for the end of this step.
const Worker* Broker::State::at_once(const PoolName& pool, const Need& need) const {
  if (need.count > 1) return nullptr;
  if (need.leased) {
    const Lease* const own = leases.held_by(connection, pool, need);
    if (own != nullptr) return own->worker;
  }
  return waiting.counts_wait_for(pool) ? nullptr : workers.with_room(pool, need);
}

void Broker::State::patience_ended(CallerId caller) {
  const auto waiter = waiting.out_of_patience(caller);
  if (!waiter) return;
  const Progress progress = launcher.progress(waiter->pool, waiter->need);
  const std::string story = launcher.story(waiter->pool, waiter->need);
  const std::string why =
      str("no worker was ready within ", to_string(waiter->patience), " (", progress.text,
          story.empty() ? "" : "; before that: ", story, "); it goes on, ask again");
  step.act(Reply{caller, Refused{RefusalReason::kOutOfPatience, why}});
  step.log(LogLevel::kWarning, "caller.out_of_patience", about(waiter->pool),
           str("caller ", waiter->client, waiter->client.empty() ? "" : " ", "of pool ",
               waiter->pool.value, ": ", why),
           waiter->pool.value);
  if (!waiting.waits_for(waiter->pool)) launcher.unwanted(waiter->pool);
}

void Broker::State::ask(CallerId caller, const Ping& request) {
  const Worker* const worker = workers.at_address(request.address);
  const bool serves = worker != nullptr && worker->record.phase == WorkerPhase::kReady;
  if (!serves || !worker->ours) return unknown_worker(caller);
  const bool named = !request.lease.none();
  const Lease* const lease = named ? leases.find(request.lease) : nullptr;
  if (named && (lease == nullptr || lease->worker != worker)) return unknown_worker(caller);
  const auto meant = named ? std::vector<const Lease*>{lease} : leases.held_by(connection, *worker);
  for (const Lease* const one : meant) leases.name(*one, connection);
  if (meant.empty()) worker->bare_used = step.now.boot;
  worker->pinged = step.now.boot;
  workers.touch(*worker);
  step.act(Reply{caller, Ok{}});
}

void Broker::State::unknown_worker(CallerId caller) {
  step.act(Reply{caller, Refused{RefusalReason::kUnknownWorker, "Worker not found"}});
}

void Broker::State::ask(CallerId caller, const Release& request) {
  const Worker* const worker = workers.at_address(request.address);
  if (!request.lease.none()) {
    const Lease* const lease = leases.find(request.lease);
    if (lease == nullptr || lease->worker != worker) return unknown_worker(caller);
    give_up(*lease);
  } else if (worker != nullptr && worker->ours) {
    release(*worker);
  }
  step.act(Reply{caller, Ok{}});
}

// The worker goes on where others use it, and while it computes; the idle rule ends it then.
void Broker::State::give_up(const Lease& lease) {
  const Worker& worker = *lease.worker;
  leases.end(lease, str("given up by ", to_string(origin)));
  if (workers.nobodys(worker)) end_released(worker);
}

// For everybody, as ever; but over a lease that is not the caller's it gives up only his own use.
void Broker::State::release(const Worker& worker) {
  for (const Lease* const own : leases.held_by(connection, worker)) {
    leases.end(*own, str("given up by ", to_string(origin)));
  }
  if (worker.leases.empty()) return end_released(worker);
  step.log(LogLevel::kInfo, "worker.kept", about(worker.record),
           str("worker ", worker.record.id.value, " released by ", to_string(origin),
               " goes on: ", worker.leases.size(), " others hold leases on it"),
           str("kept ", worker.record.id.value));
}

void Broker::State::end_released(const Worker& worker) {
  const bool awaited =
      worker.record.phase != WorkerPhase::kReady && waiting.waits_for(worker.record.pool);
  if (!awaited) terminations.end(worker, str("released by ", to_string(origin)));
}

void Broker::State::ask(CallerId caller, const Renew& request) {
  const Lease* const lease = leases.find(request.lease);
  if (lease == nullptr) {
    return step.act(Reply{caller, Refused{RefusalReason::kUnknownLease, "Lease not found"}});
  }
  leases.name(*lease, connection);
  step.act(Reply{caller, Ok{}});
}

void Broker::State::ask(CallerId caller, const ShowStatus& request) {
  if (request.everything) return step.act(Reply{caller, overview()});
  step.act(Reply{caller, ready_rows()});
}

StatusRows Broker::State::ready_rows() {
  StatusRows answer;
  for (const InstanceId& id : workers.ids()) {
    const Worker& worker = *workers.find(id);
    const WorkerRecord& record = worker.record;
    if (record.phase != WorkerPhase::kReady || !worker.ours) continue;
    // Its time begins when it has done with what it computes now.
    const bool busy = workers.busy(worker);
    const bool quiet = worker.quiet_at && *worker.quiet_at > record.last_used;
    const bool leased = !worker.leases.empty();
    const bool held = leased || launcher.keeps_warm(worker);
    const Duration left = workers.idle_deadline(worker) - step.now.boot;
    answer.rows.push_back({.instance = id,
                           .address = record.address,
                           .idle = busy || leased ? Duration{0} : step.now.boot - record.last_used,
                           .ends_in = held   ? std::nullopt
                                      : busy ? std::optional(workers.idle_limit(worker))
                                             : std::optional(std::max(left, Duration{0})),
                           .busy = busy    ? std::optional(true)
                                   : quiet ? std::optional(false)
                                           : std::nullopt,
                           .pool = record.pool,
                           .type = record.type,
                           .market = record.market,
                           .zone = record.zone,
                           .launched = record.launched,
                           .handed_out = worker.handed_out,
                           .leases = leases.rows(worker)});
  }
  return answer;
}

void Broker::State::ask(CallerId caller, const ListAll&) {
  watches.list_for(caller);
}

void Broker::State::ask(CallerId caller, const TerminateAll&) {
  const std::string who = to_string(origin);
  warm.suspend();
  step.log(LogLevel::kInfo, "terminate_all", str(who, " asked for TERMINATE_ALL"), "asked");
  mass.end_everything(caller, str("ended by TERMINATE_ALL of ", who));
}

}  // namespace cb::core
