#pragma once
// Rule 15: what is done again is done at its pace. Whose the keys are is asked again every
// identify_interval while they are not ours, and no oftener without a reason; the journal is tried
// again within save_retry_interval; who wants to hear how his worker comes along hears it, at most
// once in progress_interval; and a worker is probed where its pool says.

#include <map>
#include <optional>
#include <unordered_map>

#include "sim/checkers/history.h"
#include "sim/checkers/launch_memory.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class Paces : public Watcher {
 public:
  Paces(Ground& ground, const History& history, const SimStore& store, const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), memory_(memory) {}

  void asked(CallerId caller, const core::Request& request) override;
  void heard(CallerId caller, const core::Progress& progress) override;
  void identify_called() override;
  void probe_called(const core::ProbeWorker& what) override;
  void told(const core::Event& event) override;
  void decided(const std::vector<core::Change>&) override { ++tries_; }
  void commit_failed() override;
  void turned() override;
  void went_down() override;

 private:
  void identified(const core::CloudIdentity& identity);

  Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  std::uint64_t life_ = 0;   // the process that runs
  std::uint64_t tries_ = 0;  // to write the journal
  std::uint64_t identifies_ = 0;
  bool identifying_ = false, former_keys_ = false, keys_changed_ = false;
  bool may_identify_ = true;
  bool was_failing_ = false;    // listings, before the latest turn
  bool asked_already_ = false;  // whose the keys are, when a listing came
  bool failing_ = false;        // since then none has succeeded that could be believed
  std::optional<Moment> identified_;
  std::map<CallerId, Moment> heard_;
};

}  // namespace cb::sim
