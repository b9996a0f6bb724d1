#pragma once
// How often each worker's address was given to callers, as the broker counts it: since its ledger
// line was last read at a start. It judges nothing.

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class HandOuts : public Watcher {
 public:
  explicit HandOuts(const SimStore& store) : store_(store) {}

  struct Count {
    std::uint64_t times = 0;
    bool certain = true;  // false: its address named another worker as well
  };
  Count of(const InstanceId& id) const;

  void answered(CallerId caller, const core::Answer& answer) override;
  void decided(const std::vector<core::Change>& changes) override;
  void committed(const std::vector<core::Change>& changes) override;
  void turned() override;
  void started(const BrokerStart& start) override;

 private:
  void handed_out(const std::string& address);

  const SimStore& store_;
  std::unordered_map<InstanceId, Count> counts_;
  bool doubtful_ = false;
  // By address: who is dropped in this turn, and was given to callers before that.
  std::multimap<std::string, InstanceId> leaving_;
  std::vector<InstanceId> dropped_;  // since the latest turn: shown again, they begin anew
};

}  // namespace cb::sim
