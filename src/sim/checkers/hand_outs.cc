#include "sim/checkers/hand_outs.h"

#include <utility>

#include "sim/checkers/needs.h"

namespace cb::sim {

HandOuts::Count HandOuts::of(const InstanceId& id) const {
  const auto found = counts_.find(id);
  Count count = found == counts_.end() ? Count{} : found->second;
  count.certain = count.certain && !doubtful_;
  return count;
}

void HandOuts::answered(CallerId, const core::Answer& answer) {
  for (const core::WorkerAddress& given : given_in(answer)) handed_out(given.address);
}

void HandOuts::handed_out(const std::string& address) {
  doubtful_ = doubtful_ || store_.behind();  // the journal may not know the address yet
  std::vector<InstanceId> named;
  for (const auto& [id, worker] : store_.durable().workers) {
    if (worker.address == address) named.push_back(id);
  }
  const auto [leave, end] = leaving_.equal_range(address);
  for (auto one = leave; one != end; ++one) named.push_back(one->second);
  for (const InstanceId& id : named) {
    Count& count = counts_[id];
    ++count.times;
    count.certain = count.certain && named.size() == 1;
  }
}

void HandOuts::decided(const std::vector<core::Change>& changes) {
  const auto& workers = store_.durable().workers;
  for (const core::Change& change : changes) {
    const auto* drop = std::get_if<core::DropWorker>(&change);
    const auto worker = drop != nullptr ? workers.find(drop->id) : workers.end();
    if (worker != workers.end()) leaving_.emplace(worker->second.address, drop->id);
  }
}

void HandOuts::committed(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    if (const auto* drop = std::get_if<core::DropWorker>(&change)) dropped_.push_back(drop->id);
  }
}

void HandOuts::turned() {
  leaving_.clear();
  for (const InstanceId& id : std::exchange(dropped_, {})) counts_.erase(id);
}

void HandOuts::started(const BrokerStart& start) {
  counts_.clear();
  doubtful_ = false;
  for (const auto& [id, line] : start.recovered.open_ledger) counts_[id].times = line.handed_out;
}

}  // namespace cb::sim
