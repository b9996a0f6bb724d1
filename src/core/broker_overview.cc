// What a person at the broker wants to know at a glance: what serves, what is on its way, what
// ends, who waits, and what stands in the way.

#include <algorithm>

#include "core/broker_state.h"

namespace cb::core {
namespace {

OverviewRow row_of(const Worker& worker, Instant now) {
  const WorkerRecord& record = worker.record;
  OverviewRow row{.instance = record.id,
                  .address = record.address,
                  .pool = record.pool,
                  .type = record.type,
                  .since = now - record.begun,
                  .what = "pending"};
  if (record.phase == WorkerPhase::kTerminating) {
    row.what = record.end_reason;
  } else if (worker.state == InstanceState::kRunning) {
    row.what =
        record.phase == WorkerPhase::kAdopting ? "found, asked whether it answers" : "booting";
  }
  return row;
}

}  // namespace

void Launcher::show(Overview& overview) const {
  for (const auto& [token, attempt] : attempts_) {
    const AttemptRecord& record = attempt.record;
    std::string what = record.doomed ? "to be ended as soon as EC2 names it" : "launching";
    if (attempt.failures != 0) what += " (" + attempt.last_trouble + ")";
    overview.coming.push_back({.instance = {},
                               .address = "",
                               .pool = record.pool,
                               .type = record.type,
                               .since = step_.now.boot - record.begun,
                               .what = std::move(what)});
  }
  for (const auto& [name, pool] : step_.settings.pools) {
    const auto why = forbidden(name);
    if (why && why->why != step_.save_trouble) overview.troubles.push_back(why->why);
    if (!why && !next_candidate(name)) overview.troubles.push_back(nothing_left(name).why);
  }
}

Overview Broker::State::overview() {
  Overview out;
  out.ready = ready_rows().rows;
  for (const InstanceId& id : workers.ids()) {
    const Worker& worker = *workers.find(id);
    if (!worker.ours || worker.record.phase == WorkerPhase::kReady) continue;
    const bool ends = worker.record.phase == WorkerPhase::kTerminating;
    (ends ? out.ending : out.coming).push_back(row_of(worker, step.now.boot));
  }
  out.waiting = waiting.size();
  if (!step.save_trouble.empty()) out.troubles.push_back(step.save_trouble);
  for (const auto& [region, cloud] : step.clouds) {
    if (!cloud.trouble.empty()) {
      out.troubles.push_back(cloud.trouble);
    } else if (!cloud.doubt.empty()) {
      out.troubles.push_back(cloud.doubt);
    } else if (!cloud.listed_once) {
      out.troubles.push_back("EC2 has not answered its first listing yet");
    }
  }
  launcher.show(out);
  return out;
}

}  // namespace cb::core
