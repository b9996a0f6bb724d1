#pragma once
// A small cloud, journal and clock around a Broker, for the tests of core. Everything is answered
// at once and in order; the simulator (src/sim) is the one that is nasty.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/broker.h"

namespace cb::core::testing {

struct Machine {
  InstanceView view;
  Instant launched;
  Instant service_up = Instant::max();  // when its service begins to answer
  // Before that: closed, or from `opens` on accepting, with right answers for `early`.
  Instant opens = Instant::max();
  Duration early{0};
  Instant busy_until = Instant::min();  // questions are answered then
  bool out_of_reach = false;
  std::size_t places_taken = 0;  // of its eight
  bool listed = true;
  int port = 2560;  // of its service
  std::string region;
};

// No value: takes it off.
void set_tag(Machine& machine, const std::string& key, const std::string& value);

class SmallWorld {
 public:
  explicit SmallWorld(Settings settings = usable_settings());
  static Settings usable_settings();  // as the defaults, with an image

  void start();  // Started with what the journal holds
  void crash_and_restart(Duration down = {});
  Settings& settings() { return settings_; }  // with which the next start is made
  void post(Event event);                     // steps it, and everything that follows at once
  void run_for(Duration time);                // through every deadline on the way

  CallerId ask(Request request);
  CallerId get(std::optional<Duration> wait = {}) {
    GetWorker request;
    request.wait = wait;
    return ask(std::move(request));
  }
  void reload(Settings settings);  // and the next start has them as well
  bool ping(const std::string& address);
  std::string answer(CallerId caller) const;  // as text; "" while it waits
  std::size_t answers() const { return answers_.size(); }
  bool logged(std::string_view part) const;
  std::vector<StatusRow> status();
  std::vector<PoolRow> pools();  // of STATUS all
  void change_settings() { post(SettingsChanged{settings_}); }
  // Pool default wants so many from `from` on until `until`, both counted from now; told at each
  // start from now on.
  void want_warm(std::size_t workers, Duration from, Duration until);
  void tell_windows() { post(WarmPlanned{windows}); }

  Machine& only();            // the one machine there is
  std::size_t alive() const;  // pending or running
  void end(Machine& machine, std::string reason_code);
  Machine& foreign(const std::string& id, Tags tags);

  // How the world behaves; change at will.
  Duration pending = seconds{10};
  Duration boot = seconds{5};  // running to service
  Duration early{0};           // running to the end of its right answers before it boots; 0: closed
  std::string answered_image;  // that EC2 names for any launch; empty: the one that was asked for
  bool never_running = false;
  bool never_ready = false;
  std::deque<LaunchResult> launch_answers;  // used up first; Launched{} there means: do it
  bool lose_launch_answers = false;         // it happens, and nobody says so
  bool hold_launches = false;               // they stay in flight
  std::optional<CloudFailure> listing_failure;
  std::set<std::string> dead_regions;    // nothing that is sent there arrives
  std::set<std::string> silent_regions;  // listings there are answered later
  void answer_silent_regions();
  void only_in(const std::string& region) { answered_in_ = region; }  // launch_answers, that is
  std::deque<TerminateResult> terminate_failures;                     // used up first
  bool hold_terminations = false;
  std::map<InstanceId, CloudFailure> unendable;  // EC2 refuses to end these, and the others end
  bool hold_identity = false;
  std::optional<CloudFailure> tag_failure;
  std::string nonce = "n0nce";  // of a new journal
  Origin origin;                // of whoever asks
  ConnectionId connection;      // of whoever asks
  std::optional<std::string> save_failure;
  CloudIdentity identity{"111122223333"};
  ReadyCheck check = ReadyCheck::kDserv;

  Now now{Instant{hours{100}}, WallTime{hours{490'000}}};
  Records journal;
  WarmWindows windows;
  std::map<InstanceId, Machine> machines;
  std::vector<LaunchInstance> launches;
  std::vector<InstanceId> terminated;  // every id asked for
  std::vector<std::vector<InstanceId>> terminate_calls;
  std::set<InstanceId> asked_by_id;
  std::vector<TagInstances> tagged;
  std::vector<Log> log;
  std::vector<Tell> told;  // what those who wait hear
  std::vector<Notify> notices;
  std::size_t listings = 0;
  std::size_t probes = 0;
  std::map<InstanceId, ProbeWorker> questions;  // open ones
  std::map<InstanceId, Instant> lost_at;        // those whose flow is forgotten
  std::size_t questions_asked = 0;
  std::size_t hang_ups = 0;
  bool forget_flows = false;  // of questions that are asked from now on
  std::unique_ptr<Broker> broker;

 private:
  void step(const Event& event);
  void act(const Action& action);
  void launch(const LaunchInstance& what);
  void list(const ListInstances& what);
  void terminate(const TerminateInstances& what);
  void tag(const TagInstances& what);
  void probe(const ProbeWorker& what);
  ProbeOutcome port_of(const ProbeWorker& what) const;
  void answer_questions();
  std::optional<Instant> next_answer() const;
  bool answers(const Machine& machine) const;
  void move_machines();

  Settings settings_;
  std::string answered_in_;
  std::vector<ListInstances> unanswered_;
  std::deque<Event> queue_;
  std::map<CallerId, std::vector<Answer>> answers_;
  std::uint64_t callers_ = 0;
  std::uint64_t instances_ = 0;
};

}  // namespace cb::core::testing
