// What a person at the broker wants to know at a glance: what serves, what is on its way, what
// ends, who waits, and what stands in the way.

#include <algorithm>

#include "base/text.h"
#include "core/broker_state.h"
#include "core/demand/pool_choice.h"

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
}

// Why nothing would be launched for its callers; empty: nothing stands in the way.
std::string Launcher::trouble(const PoolName& pool) const {
  if (const auto why = forbidden(pool)) return why->why;
  if (unreachable(pool)) return {};  // which is said of its regions
  return next_candidate(pool, {}) ? std::string() : nothing_left(pool, {}).why;
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
  if (!step.account_trouble.empty()) out.troubles.push_back(step.account_trouble);
  for (const auto& [region, cloud] : step.clouds) {
    if (!step.account_trouble.empty()) break;  // of any region no more is known
    if (!cloud.trouble.empty()) {
      out.troubles.push_back(cloud.trouble);
    } else if (!cloud.doubt.empty()) {
      out.troubles.push_back(cloud.doubt);
    } else if (!cloud.listed_once) {
      out.troubles.push_back(str(step.ec2_in(region), " has not answered its first listing yet"));
    }
  }
  launcher.show(out);
  show_pools(out);
  return out;
}

void Broker::State::show_pools(Overview& out) const {
  const auto of = [](const auto& rows, const PoolName& pool) {
    return static_cast<std::size_t>(
        std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.pool == pool; }));
  };
  for (const auto* entry : in_order(step.settings.pools)) {
    const auto& [name, pool] = *entry;
    PoolRow row{.pool = name,
                .cores = pool.least_cores(),
                .types = pool.instance_types,
                .waiting = waiting.waiting_for(name),
                .ready = of(out.ready, name),
                .coming = of(out.coming, name),
                .trouble = launcher.trouble(name),
                .warm = warm.row(name)};
    if (!row.trouble.empty() && row.trouble != step.save_trouble) {
      out.troubles.push_back(row.trouble);
    }
    out.pools.push_back(std::move(row));
  }
}

}  // namespace cb::core
