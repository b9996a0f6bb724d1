#pragma once
// Rule 17: a lease that was answered is in the journal, and stays until its client gives it up, its
// worker ends, or nobody has named it for lease_ttl (lease_grace where its connection was lost, or
// the broker restarted), not counting while its worker computes; and then it does not stay. While
// it stays its worker ends neither as idle nor by another's RELEASE, its client is told when it
// ends all the same, and whoever names it is answered by its own worker alone. What cannot be
// written is given to nobody for himself.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class TrueLeases : public Watcher {
 public:
  TrueLeases(const Ground& ground, const History& history, const SimStore& store)
      : ground_(ground), history_(history), store_(store) {}

  void told(const core::Event& event) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void noticed(ConnectionId connection, const core::Notice& notice) override;
  void committed(const std::vector<core::Change>& changes) override;
  void commit_failed() override { failing_ = true; }
  void starting(Duration misjudged) override;
  void started(const BrokerStart& start) override;
  void turned() override;
  void hears_again() override { confused_ = true; }
  void went_down() override;
  void journal_lost() override { leases_.clear(); }
  void journal_restored(const core::Records& records) override;

 private:
  struct Lease {
    InstanceId worker;
    ConnectionId connection{};
    Moment named{};              // not later than that
    std::optional<Moment> lost;  // heard then
    std::uint64_t lost_as = 0;   // its number among what was told
    Moment held_until{};
    bool clear = true;  // nothing has happened that makes its times uncertain
  };
  struct Question {
    core::Request request;
    ConnectionId connection;
    std::uint64_t told_as = 0;
  };

  void given(const core::WorkerAddress& answer, const Question& question);
  void given_unwritten(const core::WorkerAddress& answer);
  void named(const LeaseId& id, const Question& question);
  void lost(ConnectionId connection);
  void answered_of(const LeaseId& id, const std::string& address, bool ok) const;
  void dropped(const LeaseId& id, const std::set<InstanceId>& ending);
  void worker_ends(const InstanceId& id, std::string_view why);
  Moment deadline(const Lease& lease) const;
  bool computes(const Lease& lease) const;
  bool overdue(const Lease& lease) const;
  void within_its_places() const;
  const core::WorkerRecord* record_of(const Lease& lease) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  std::map<LeaseId, Lease> leases_;  // those of the journal
  std::map<CallerId, Question> questions_;
  std::map<ConnectionId, std::uint64_t> lost_;  // by the number of what was told
  std::uint64_t told_ = 0;
  // Much was told at once, before anything of it was answered: what belongs to which lease is not
  // known then.
  bool confused_ = false;
  bool failing_ = false;           // the latest commit of this process failed
  bool unwritten_ = false;         // the broker knows that the journal cannot be written
  std::set<LeaseId> before_that_;  // given in the very turn in which it was seen
  bool changed_ = false;           // what the journal holds, or how many leases a worker takes
  // Since the latest turn.
  std::set<LeaseId> given_up_;
  std::set<std::pair<ConnectionId, std::string>> to_be_told_;
  std::set<InstanceId> ended_;  // or ending, by the journal
  Moment up_since_{};
};

}  // namespace cb::sim
