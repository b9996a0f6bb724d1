#pragma once
// What several checkers need to know of the past: each instance's life as asked and as told, who
// waits, and which launches are not settled. It judges nothing.

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/need.h"
#include "sim/world/ground.h"
#include "sim/world/watcher.h"

namespace cb::sim {

// One instance that the broker has to answer for.
struct Life {
  const Instance* instance = nullptr;
  Moment called{};                      // the first launch call of its token
  Moment meant{};                       // and when that was decided
  std::optional<Moment> known;          // the broker was told of it
  std::optional<Moment> used;           // last given to a caller, or a PING of it acknowledged
  std::optional<Moment> handed;         // the same, where the journal must know of it
  std::optional<Moment> pinged;         // last PING that was acknowledged, where it must know
  Duration too_old{0};                  // since then, the most that reboots made it seem older
  Duration too_young{0};                // and younger
  std::optional<Moment> stirred;        // last asked for by somebody who left without an answer
  std::optional<Moment> end_asked;      // first TerminateInstances
  std::optional<Moment> told_ending;    // the broker was told that it ends or has ended
  std::optional<Moment> told_stopped;   // and that somebody stopped it
  std::optional<Moment> told_running;   // since the process started
  std::optional<Moment> good_probe;     // the latest since the process started
  bool answered_ready = false;          // at least one of them said so
  std::optional<Moment> failing_since;  // all probes since then have failed
  std::size_t failures = 0;             // so many of them
  std::optional<core::ProbeOutcome> latest_probe;
  bool answered_wrong = false;  // in this run, by whoever has its address
  Moment latest_change{};       // since then it has been the same
  // Its service was seen to be gone, since then by its probes, and two answers have not undone
  // that.
  std::optional<Moment> doubted;       // when its probes began to fail
  std::optional<Moment> doubted_told;  // when they had failed often enough
  std::optional<Moment> asked;         // the question that is open, or was last
  bool question_open = false;
  std::optional<Moment> first_answer;  // of the two
  std::optional<Moment> computed;      // told by a late answer: until then
  std::size_t answers = 0;             // right ones since its journal was lost
  std::size_t lost = 0;                // questions in a row whose flow was lost
  bool before_loss = false;            // the journal that knew of it is gone
  std::optional<Moment> found;         // and the broker was told of it since then
  bool end_decided = false;            // the journal says so
  bool doubt_written = false;          // likewise
  bool may_be_ended = false;           // RELEASE, TERMINATE_ALL or a stop asked for it
};

// One launch attempt, by its token.
struct Attempted {
  PoolName pool;
  std::string body;
  Moment first_call{};
  Moment first_decided{};  // to make that one
  Moment last_call{};
  Moment last_decided{};   // to make that one
  Moment uncertain{};      // the latest call that has no answer and never will; or the first call
  bool in_flight = false;  // called by the process that runs, and not answered
  bool unknown = false;    // an answer was lost at some time, or its process died
  bool settled = false;
  bool doomed = false;  // TERMINATE_ALL came, or was heard in the turn that called it
  bool before_loss = false;
};

struct Waiting {
  core::Request request;
  Moment since{};
  Moment read{};  // by the turn in which it was
};

// Callers, by what they need.
using Needs = std::map<core::Need, std::size_t>;

class History : public Watcher {
 public:
  explicit History(const Ground& ground) : ground_(ground) {}

  const std::map<InstanceId, Life>& lives() const { return lives_; }
  // Those that have not ended.
  const std::vector<Life*>& living() const { return living_; }
  const std::map<LaunchToken, Attempted>& attempts() const { return attempts_; }
  const std::map<CallerId, Waiting>& waiting() const { return waiting_; }
  bool waits_for(const PoolName& pool) const { return waiting_for_.contains(pool); }
  // What those who wait for `pool` need, and how many need just that.
  const Needs& needs(const PoolName& pool) const { return of(needs_, pool); }
  // The same of everyone who waited at some time since the latest turn, the most at once.
  const Needs& needs_lately(const PoolName& pool) const { return of(needs_lately_, pool); }
  // How many callers wait for each pool for which any does.
  const std::map<PoolName, std::size_t>& waiting_for() const { return waiting_for_; }
  const Life* life(const InstanceId& id) const;
  // The latest instance of ours that ever had `address`; null: none had.
  const Life* latest_at(const std::string& address) const;
  std::optional<Moment> last_commit() const { return last_commit_; }
  bool commit_failing() const { return commit_failing_; }

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override { goes(caller); }
  void cut(CallerId caller) override { goes(caller); }
  void launch_called(const LaunchCall& call) override;
  void terminate_called(const std::vector<InstanceId>& ids) override;
  void born(const Instance& instance) override;
  void ended(const Instance& instance) override;
  void told(const core::Event& event) override;
  void decided(const std::vector<core::Change>& changes) override;
  void committed(const std::vector<core::Change>& changes) override;
  void commit_failed() override { commit_failing_ = true; }
  void starting(Duration misjudged) override;
  void journal_lost() override;
  void journal_restored(const core::Records& records) override;
  void went_down() override;
  void turned() override;

 private:
  static const Needs& of(const std::map<PoolName, Needs>& all, const PoolName& pool) {
    static const Needs none;
    const auto found = all.find(pool);
    return found == all.end() ? none : found->second;
  }
  Life* find(const InstanceId& id);
  void leaves(CallerId caller);
  void goes(CallerId caller);
  void settle(const LaunchToken& token);
  void given_up(const LaunchToken& token);
  void told_launch(const core::LaunchAnswered& answer);
  void told_view(const core::InstanceView& view);
  void told_probe(const core::Probed& probe);
  void told_question(Life& life, core::ProbeOutcome outcome);
  void may_all_be_ended();
  void released_in_vain();
  void used(const std::string& address, bool by_ping, LeaseId lease);

  const Ground& ground_;
  std::map<InstanceId, Life> lives_;
  std::unordered_map<InstanceId, Life*> by_id_;
  std::vector<Life*> living_;
  std::map<LaunchToken, Attempted> attempts_;
  std::map<LaunchToken, Attempted*> open_;  // those that are not settled
  std::map<CallerId, Waiting> waiting_;
  std::vector<CallerId> unread_;  // since the latest turn
  std::map<PoolName, std::size_t> waiting_for_;
  std::map<PoolName, Needs> needs_, needs_lately_;
  std::vector<Life*> released_;  // since the latest turn
  std::map<LeaseId, InstanceId> leased_;
  bool all_told_ = false;  // to end, since then
  std::optional<Moment> last_commit_;
  bool commit_failing_ = false;
};

// Whether it has had this address, public or private.
bool has_address(const Instance& instance, const std::string& address);

}  // namespace cb::sim
