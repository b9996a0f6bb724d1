#include "sim/checkers/as_asked.h"

#include <set>
#include <string>

#include "base/text.h"
#include "sim/checkers/needs.h"

namespace cb::sim {
namespace {

constexpr const char* kAsAskedRule = "18-as-asked";

}  // namespace

void AsAsked::answered(CallerId caller, const core::Answer& answer) {
  const auto given = given_in(answer);
  const auto waiting = history_.waiting().find(caller);
  if (given.empty() || waiting == history_.waiting().end()) return;
  const auto* get = std::get_if<core::GetWorker>(&waiting->second.request);
  if (get == nullptr) return;
  std::set<std::string> machines;
  for (const core::WorkerAddress& one : given) {
    judge(caller, *get, one);
    machines.insert(one.address);
  }
  const auto pool = ground_.options.settings.pools.find(get->pool);
  const bool parted = pool == ground_.options.settings.pools.end() ||
                      pool->second.sharing == core::Sharing::kPacked;
  const auto count = static_cast<std::size_t>(get->count);
  if (given.size() == count && (parted || machines.size() == count)) return;
  throw Violated(kAsAskedRule, str("caller ", caller.value, " asked for ", count,
                                   " workers and got ", given.size(), " on ", machines.size()));
}

void AsAsked::judge(CallerId caller, const core::GetWorker& get,
                    const core::WorkerAddress& given) const {
  const auto wrong = [&](const std::string& what) {
    throw Violated(kAsAskedRule,
                   str("caller ", caller.value, " was given ", given.address, ", which ", what));
  };
  const core::Need need = core::need_of(get);
  bool known = false, fits = false;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.address != given.address || worker.pool != get.pool) continue;
    known = true;
    fits = fits || need.fits(worker);
  }
  if (known && !fits) wrong("is of another type or market");
  const auto lease = store_.durable().leases.find(given.lease);
  if (lease == store_.durable().leases.end()) return;
  const auto pool = ground_.options.settings.pools.find(get.pool);
  const bool packed = pool != ground_.options.settings.pools.end() &&
                      pool->second.sharing == core::Sharing::kPacked;
  if (packed && lease->second.cores != get.cores) {
    wrong(str("is leased with ", lease->second.cores, " cores instead of ", get.cores));
  }
  if (lease->second.alone != get.alone) wrong("is not leased alone, or is so without being asked");
}

}  // namespace cb::sim
