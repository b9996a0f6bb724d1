// What clients ask of the broker.

#include "base/text.h"
#include "core/broker_state.h"
#include "core/demand/pool_choice.h"

namespace cb::core {

void Broker::State::on(const Asked& event) {
  origin = event.origin;
  std::visit([&](const auto& request) { ask(event.caller, request); }, event.request);
}

void Broker::State::on(const CallerGone& event) {
  watches.forget(event.caller);
  mass.forget(event.caller);
  if (const auto waiter = waiting.out_of_patience(event.caller)) {
    if (!waiting.waits_for(waiter->pool)) launcher.unwanted(waiter->pool);
  }
}

void Broker::State::hand_out(CallerId caller, const Worker& worker) {
  ++worker.handed_out;
  workers.touch(worker);
  step.act(Reply{caller, WorkerAddress{worker.record.address}});
}

void Broker::State::ask(CallerId caller, const GetWorker& request) {
  const auto* const choice = choose_pool(step.settings, request);
  if (choice == nullptr) return step.act(Reply{caller, no_pool(step.settings, request)});
  const PoolName& pool = choice->first;
  if (const Worker* const worker = workers.ready(pool)) return hand_out(caller, *worker);
  watches.doubt_trouble();
  waiting.add({.caller = caller,
               .pool = pool,
               .since = step.now.boot,
               .patience = request.wait.value_or(step.settings.wait_default),
               .wants_progress = request.wants_progress,
               .client = request.client,
               .told = {}});
}

void Broker::State::patience_ended(CallerId caller) {
  const auto waiter = waiting.out_of_patience(caller);
  if (!waiter) return;
  const Progress progress = launcher.progress(waiter->pool);
  const std::string story = launcher.story(waiter->pool);
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
  if (!serves || !worker->ours) {
    step.act(Reply{caller, Refused{RefusalReason::kUnknownWorker, "Worker not found"}});
    return;
  }
  worker->pinged = step.now.boot;
  workers.touch(*worker);
  step.act(Reply{caller, Ok{}});
}

void Broker::State::ask(CallerId caller, const Release& request) {
  const Worker* const worker = workers.at_address(request.address);
  if (worker != nullptr && worker->ours) {
    const bool awaited =
        worker->record.phase != WorkerPhase::kReady && waiting.waits_for(worker->record.pool);
    if (!awaited) terminations.end(*worker, str("released by ", to_string(origin)));
  }
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
    const Duration left = workers.idle_deadline(worker) - step.now.boot;
    answer.rows.push_back(
        {.instance = id,
         .address = record.address,
         .idle = busy ? Duration{0} : step.now.boot - record.last_used,
         .ends_in = busy ? workers.idle_limit(worker) : std::max(left, Duration{0}),
         .busy = busy    ? std::optional(true)
                 : quiet ? std::optional(false)
                         : std::nullopt,
         .pool = record.pool,
         .type = record.type,
         .market = record.market,
         .zone = record.zone,
         .launched = record.launched,
         .handed_out = worker.handed_out});
  }
  return answer;
}

void Broker::State::ask(CallerId caller, const ListAll&) {
  watches.list_for(caller);
}

void Broker::State::ask(CallerId caller, const TerminateAll&) {
  const std::string who = to_string(origin);
  step.log(LogLevel::kInfo, "terminate_all", str(who, " asked for TERMINATE_ALL"), "asked");
  mass.end_everything(caller, str("ended by TERMINATE_ALL of ", who));
}

}  // namespace cb::core
