#include "app/serve/farewell.h"

#include <vector>

#include "base/text.h"

namespace cb::app {

std::string what_goes_on(const core::Records& records, Duration max_lifetime) {
  std::vector<std::string> names;
  for (const auto& [id, worker] : records.workers) {
    if (worker.phase == core::WorkerPhase::kTerminating) continue;
    names.push_back(str(id.value, " (", worker.address.empty() ? "" : worker.address + ", ",
                        worker.type, ' ', to_string(worker.market), ')'));
  }
  const std::size_t launches = records.attempts.size();
  if (launches != 0) names.push_back(str(launches, launches == 1 ? " launch" : " launches"));
  if (names.empty()) return "no worker is running";
  const bool one = names.size() == 1 && launches <= 1;
  return str(join(names, ", "), one ? " goes on and costs" : " go on and cost",
             " money until the next start takes ",
             one ? "it up, or it powers itself" : "them up, or they power themselves", " off ",
             to_string(max_lifetime), " after ", one ? "its" : "their", " launch; to end ",
             one ? "it" : "them", " when stopping: --terminate-workers-on-exit");
}

}  // namespace cb::app
