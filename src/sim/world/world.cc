#include "sim/world/world.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/all.h"
#include "sim/clients/clients.h"
#include "sim/cloud/sim_prober.h"
#include "sim/faults/administrator.h"
#include "sim/faults/process_faults.h"

namespace cb::sim {
namespace {

class SimLog : public port::LogSink {
 public:
  explicit SimLog(Ground& ground) : ground_(ground) {}
  void write(const core::Log& line) override {
    ground_.timeline.note("log     ", line.key, ": ", line.text);
    ground_.timeline.fold(static_cast<int>(line.level));
    ground_.tell([&](Watcher& watcher) { watcher.logged(line); });
  }

 private:
  Ground& ground_;
};

// Error classes as the broker met them.
class ErrorCounter : public Watcher {
 public:
  explicit ErrorCounter(Ground& ground) : ground_(ground) {}
  void told(const core::Event& event) override {
    if (const auto* launch = std::get_if<core::LaunchAnswered>(&event)) {
      count(std::get_if<core::CloudFailure>(&launch->result));
      const auto* unknown = std::get_if<core::LaunchOutcomeUnknown>(&launch->result);
      if (unknown != nullptr) count(&unknown->why);
    } else if (const auto* listed = std::get_if<core::Listed>(&event)) {
      count(std::get_if<core::CloudFailure>(&listed->result));
    } else if (const auto* ended = std::get_if<core::TerminateAnswered>(&event)) {
      count(std::get_if<core::CloudFailure>(&ended->result));
    }
  }

 private:
  void count(const core::CloudFailure* failure) {
    if (failure == nullptr) return;
    std::string name(to_string(failure->what));
    std::replace(name.begin(), name.end(), ' ', '-');
    ++ground_.tally.error_classes[name];
    ground_.timeline.note("told    ", name, " ", failure->code);
  }
  Ground& ground_;
};

class World {
 public:
  World(const Options& options, std::ostream* trace) : ground_(options, trace) {
    process_faults_.watch_over(process_);
    ground_.watch(prober_);
    ground_.watch(clients_);
    ground_.watch(errors_);
    checkers_.watch(ground_);
  }

  void run();
  Ground& ground() { return ground_; }

 private:
  void run_until(Moment end);
  void heal();

  Ground ground_;
  Ec2 ec2_{ground_};
  Mailbox mailbox_{ground_};
  Crasher crasher_{ground_};
  SimStore store_{ground_, crasher_};
  SimCloud cloud_{ground_, ec2_, mailbox_, crasher_, store_};
  SimProber prober_{ground_, ec2_, mailbox_};
  Clients clients_{ground_, ec2_, mailbox_, crasher_};
  SimLog log_{ground_};
  ProcessFaults process_faults_{ground_, crasher_, mailbox_, store_, cloud_};
  Process process_{ground_, mailbox_, store_, {cloud_, prober_, clients_, store_, log_}, [this] {
                     process_faults_.it_died();
                   }};
  Administrator administrator_{ground_, mailbox_};
  ErrorCounter errors_{ground_};
  Checkers checkers_{ground_, ec2_, store_, process_};
};

void World::run_until(Moment end) {
  for (;;) {
    const auto planned = ground_.heap.next();
    const auto due = process_.due();
    const bool plan_first = planned && (!due || *planned <= *due);
    const auto next = plan_first ? planned : due;
    if (!next || *next > end) break;
    ground_.clock.advance_to(*next);
    if (plan_first) {
      ++ground_.tally.events;
      ground_.heap.take()();
    } else {
      process_.run();
    }
  }
  ground_.clock.advance_to(end);
}

void World::heal() {
  ground_.timeline.note("world   heals");
  ground_.schedule.heal();
  administrator_.heal();
  ec2_.heal();
  clients_.go_home();
  ground_.tell([](Watcher& watcher) { watcher.healed(); });
  process_faults_.heal();
}

void World::run() {
  ground_.timeline.note(describe(ground_.options));
  process_faults_.plan();
  administrator_.plan();
  process_.start({});
  const Moment sunset = Moment{} + ground_.options.length;
  run_until(sunset);
  heal();
  const Duration rest = rest_bound(ground_.options);
  run_until(sunset + rest);
  ground_.tell([](Watcher& watcher) { watcher.rested(); });
  const Moment evening = sunset + std::max(rest, memory_bound(ground_.options.settings));
  run_until(evening);
  clients_.one_for_each_pool();
  run_until(evening + rest);
  ground_.tell([](Watcher& watcher) { watcher.rested(); });
  ground_.tell([](Watcher& watcher) { watcher.finished(); });
}

}  // namespace

Outcome run_world(std::uint64_t seed, const Narrowing& narrowing, std::ostream* trace) {
  World world(draw_options(seed, narrowing), trace);
  Outcome outcome;
  Ground& ground = world.ground();
  try {
    world.run();
  } catch (const Violated& violated) {
    outcome.failure = {violated.rule, violated.what(), stamp(ground.now())};
    ground.timeline.note("VIOLATED ", violated.rule, ": ", violated.what());
  }
  outcome.tally = ground.tally;
  outcome.tally.worlds = 1;
  outcome.tally.worlds_that_launched = ground.tally.instances != 0 ? 1 : 0;
  outcome.tally.virtual_seconds =
      static_cast<std::uint64_t>(ground.now().time_since_epoch() / seconds{1});
  outcome.digest = ground.timeline.digest();
  return outcome;
}

}  // namespace cb::sim
