#pragma once
// Rule 9: the broker is of use. Who asks while a worker of its pool is known to be good gets an
// address in that very step; and when all trouble is over and long enough ago, whoever asks gets an
// address in the time that a launch and a boot take.

#include <map>
#include <string>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class Useful : public Watcher {
 public:
  Useful(Ground& ground, const History& history, const SimStore& store)
      : ground_(ground), history_(history), store_(store) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override { forget(caller); }
  void cut(CallerId caller) override { forget(caller); }
  void told(const core::Event& event) override;
  void turned() override;
  void committed(const std::vector<core::Change>&) override { failing_ = false; }
  void commit_failed() override { failing_ = true; }
  void went_down() override { upset_ = unwritten_ = failing_ = false; }

 private:
  const core::WorkerRecord* good_one(const PoolName& pool, const core::Need& need) const;
  bool has_room(const core::WorkerRecord& worker, const core::Need& need) const;
  void nobody_waits() const;
  void must_be_served(CallerId caller, const PoolName& pool);
  void forget(CallerId caller) {
    at_once_.erase(caller);
    soon_.erase(caller);
  }

  Ground& ground_;
  const History& history_;
  const SimStore& store_;
  // The broker knows that the journal cannot be written: what is one client's is given to nobody.
  bool unwritten_ = false;
  bool failing_ = false;                    // the latest commit of this process failed
  bool upset_ = false;                      // what is told may change which worker is good
  std::map<CallerId, InstanceId> at_once_;  // and the worker that they could have
  std::map<CallerId, PoolName> soon_;       // who asked after the healing
};

}  // namespace cb::sim
