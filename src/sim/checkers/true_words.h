#pragma once
// Rule 13: every refusal is true of the world at that moment. Its sentence says a reason that holds
// (what EC2 refused, and when; a limit that is reached, with its numbers; a time that has passed),
// and is one that this rule knows: a new sentence gets its judge here. What those who wait are told
// meanwhile is true as well.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/launch_memory.h"

namespace cb::sim {

class TrueWords : public Watcher {
 public:
  TrueWords(const Ground& ground, const History& history, const SimStore& store,
            const LaunchMemory& memory)
      : ground_(ground), history_(history), store_(store), memory_(memory) {}

  void answered(CallerId caller, const core::Answer& answer) override;
  void heard(CallerId caller, const core::Progress& progress) override;
  void told(const core::Event& event) override;
  void listing_called(const core::ListInstances& what) override;
  void commit_failed() override { unwritten_ = ground_.now(); }
  void committed(const std::vector<core::Change>&) override;
  void decided(const std::vector<core::Change>& changes) override;
  void turned() override {
    events_ = 0;
    dropped_.clear();
  }
  void went_down() override;

 private:
  struct Said {
    std::string_view text;
    const core::GetWorker* get;  // who asked for a worker; null: something else
    Moment asked;
  };

  // Each: whether the sentence is of its kind and true; unset: it is of another kind.
  std::optional<bool> of_the_broker(const Said& said) const;
  std::optional<bool> of_the_cloud(const Said& said) const;
  std::optional<bool> of_a_limit(const Said& said) const;
  std::optional<bool> of_the_hour(const Said& said) const;
  std::optional<bool> of_launches(const Said& said) const;
  std::optional<bool> of_patience(const Said& said) const;
  std::optional<bool> of_ends(const Said& said) const;
  // What a sentence says of candidates, as far as it holds.
  struct Reasons {
    std::vector<core::Candidate> missing;  // of which it says nothing
    std::size_t items = 0, tried = 0, capacity = 0, quota = 0, cut_off = 0;
    Moment latest{};
  };
  bool nothing_left(const Said& said) const;
  std::optional<bool> blocked(const Said& said) const;
  bool reasons_hold(const core::GetWorker& get, std::string_view text, Reasons& out) const;
  bool failed(const PoolName& pool, const core::Candidate& candidate, std::string_view why,
              Reasons& out) const;
  bool next_try_is(std::string_view text, Moment next) const;
  bool told_too_early(const Said& said, Moment seen, Moment next) const;
  std::optional<Duration> age_of(const LaunchMemory::Refusal& refusal) const;
  bool breaker(const Said& said) const;
  bool somebody_is_idle() const;
  bool meanwhile(const core::GetWorker& get, std::string_view text) const;
  bool about_to_launch(const core::GetWorker& get, std::string_view text) const;
  bool launching(const core::GetWorker& get, std::string_view text) const;
  bool those_before_were_refused(const core::GetWorker& get, const core::Candidate& candidate,
                                 std::string_view text) const;
  bool worker_waited_for(const PoolName& pool, std::string_view text) const;
  bool room_is_made() const;
  void troubles(const core::Overview& all) const;
  bool worker_on_its_way(const PoolName& pool, std::string_view text, bool running) const;
  // What was true a moment ago, before other events of the same turn.
  Moment lately() const { return ground_.turn.at - 2 * ground_.options.batching; }
  bool exact() const {
    return events_ <= 1 && ground_.options.batching == Duration{0} && !history_.commit_failing();
  }

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  const LaunchMemory& memory_;
  std::vector<core::AttemptRecord> dropped_;  // in this turn
  unsigned events_ = 0;                       // told since the latest turn
  std::optional<Moment> unwritten_, written_again_;
  std::set<QueryId> queries_;                   // asked with the keys of now
  std::set<InstanceId> running_;                // shown so by a listing, to the process that runs
  bool end_refused_ = false;                    // of one instance, to the process that runs
  std::map<std::string, Moment> end_refusals_;  // of TerminateInstances, by code
};

}  // namespace cb::sim
