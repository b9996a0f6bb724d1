#pragma once
// Whatever was told to end is ended: TerminateInstances is called in the same step, or as soon as
// the cloud may be asked. That is a RELEASE of a ready worker; TERMINATE_ALL and a stop with
// workers, launches under way included, when they turn up; max_lifetime; and after a start
// everything whose end the journal holds. Conversely, a RELEASE does not end a worker that boots
// while somebody waits for it.

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/checkers/history.h"
#include "sim/cloud/ec2.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class EndedWhenTold : public Watcher {
 public:
  EndedWhenTold(const Ground& ground, Ec2& ec2, const History& history, const SimStore& store)
      : ground_(ground), ec2_(ec2), history_(history), store_(store) {}

  void asked(CallerId caller, const core::Request& request) override;
  void told(const core::Event& event) override;
  void terminate_called(const std::vector<InstanceId>& ids) override;
  // Asked for with keys that had changed: it will be told.
  void terminate_wasted(const InstanceId& id) override { asked_.insert(id); }
  void listing_called(const core::ListInstances&) override { opens_ = ours_ && !open_; }
  void committed(const std::vector<core::Change>& changes) override;
  void starting(Duration misjudged) override;
  void turned() override;
  void went_down() override;
  void journal_lost() override;

 private:
  struct Spared {
    InstanceId worker;
    CallerId awaited_by;
  };

  void released(CallerId caller, const std::string& address);
  bool leased(const InstanceId& id) const;
  void all_told();
  void identified(const core::CloudIdentity& identity);
  void owe(const InstanceId& id, const char* why);
  void take_up();
  void spare() const;
  void judge();
  bool settled(const InstanceId& id) const;

  const Ground& ground_;
  Ec2& ec2_;
  const History& history_;
  const SimStore& store_;

  // Since the latest turn.
  std::vector<std::pair<InstanceId, const char*>> told_;
  std::vector<InstanceId> released_;
  std::vector<Spared> spared_;
  std::set<LaunchToken> told_launches_;
  bool opens_ = false;
  bool ours_ = false;  // the account, as it was told; it lists as soon as it goes on

  bool open_ = false;                            // the cloud may be asked
  std::map<InstanceId, const char*> owed_;       // and what told so
  std::set<LaunchToken> doomed_;                 // launches under way when all was told to end
  std::set<InstanceId> asked_;                   // by the process that runs
  std::unordered_map<InstanceId, Moment> ends_;  // by max_lifetime
  std::set<std::pair<Moment, InstanceId>> due_;  // the same, in order
};

}  // namespace cb::sim
