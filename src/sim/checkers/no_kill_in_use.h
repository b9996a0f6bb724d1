#pragma once
// Rule 5: no worker is ended while somebody was given it or pinged it within its idle timeout,
// except by RELEASE, TERMINATE_ALL, max_lifetime, EC2 itself, or because it could not be reached
// for unreachable_timeout and no PING within its idle timeout says that others reach it.
// Nor one that computes for somebody who cannot ping while it does, where the broker can ask it.
// Nor one that was found by its tag after its journal was lost, within its idle timeout if it
// serves and within sweep_grace if not. Nor one whose PING was sent while the process stood still
// and is not read yet.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "sim/checkers/history.h"

namespace cb::sim {

class NoKillInUse : public Watcher {
 public:
  NoKillInUse(const Ground& ground, const History& history) : ground_(ground), history_(history) {}

  void sent(CallerId caller, const core::Request& request) override;
  void asked(CallerId caller, const core::Request&) override { unread_.erase(caller); }
  void went_down() override { unread_.clear(); }
  void terminate_called(const std::vector<InstanceId>& ids) override;
  void committed(const std::vector<core::Change>& changes) override;
  void journal_lost() override { judged_.clear(); }
  void wall_jumped(Duration) override { calendar_wrong_ = true; }

 private:
  bool allowed(const Life& life) const;
  bool computes(const Life& life) const;
  bool spared(const Life& life) const;
  void reads_first(const Life& life) const;
  void judge(const InstanceId& id, std::string_view why);

  const Ground& ground_;
  const History& history_;
  std::set<InstanceId> judged_;  // their end has been decided
  std::set<InstanceId> ready_;   // by a record of the broker
  struct Unread {
    std::string address;
    Moment at{};
  };
  std::map<CallerId, Unread> unread_;
  bool calendar_wrong_ = false;  // EC2's dates and ours are not to be compared any more
};

}  // namespace cb::sim
