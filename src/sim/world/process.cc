#include "sim/world/process.h"

#include <algorithm>

#include "base/text.h"
#include "wire/ec2_request.h"

namespace cb::sim {
namespace {

// Turns at one moment of virtual time; more is a loop that goes nowhere.
constexpr std::uint64_t kMostTurnsAtOnce = 10'000;

}  // namespace

Process::Process(Ground& ground, Mailbox& mailbox, SimStore& store, driver::Ports ports,
                 std::function<void()> down)
    : ground_(ground),
      mailbox_(mailbox),
      store_(store),
      ports_(ports),
      down_(std::move(down)),
      prng_(stream(ground.options.seed, "process")) {}

std::optional<Moment> Process::due() const {
  if (!runs()) return {};
  const Moment now = ground_.now();
  if (driver_->has_work()) return std::max(now, not_before_);
  const auto deadline = driver_->next_deadline();
  if (!deadline) return {};
  return std::max({now, not_before_, now + (*deadline - ground_.clock.boot())});
}

void Process::guarded(const std::function<void()>& step) {
  try {
    step();
  } catch (const Crashed&) {
    end();
    down_();
  } catch (const CheckFailed& failed) {
    throw Violated("check", failed.what());
  }
}

void Process::run() {
  const Moment latest_turn = not_before_;
  ground_.turn = {ground_.now(), ground_.clock.now()};
  const bool settings_told = ground_.settings_just_told;
  guarded([this] { driver_->run(ground_.turn.now); });
  if (runs()) ground_.tell([](Watcher& watcher) { watcher.turned(); });
  // What was told while this turn stood still is read in the next one.
  if (settings_told) ground_.settings_just_told = false;
  ++ground_.tally.events;
  not_before_ = ground_.now() + prng_.between(Duration{0}, ground_.options.batching);
  turns_at_once_ = latest_turn == not_before_ ? turns_at_once_ + 1 : 0;
  if (turns_at_once_ > kMostTurnsAtOnce) {
    throw Violated("at-rest", "the driver runs for ever at one moment");
  }
}

void Process::start(const Circumstances& how) {
  ground_.timeline.note("broker  starts", how.rebooted ? ", rebooted" : "",
                        how.journal_lost ? ", its journal lost" : "",
                        how.other_account ? ", with another account's credentials" : "");
  guarded([&] { first_turn(how); });
}

Duration Process::misjudged(const driver::Journal& journal) const {
  if (!journal.clock || !store_.last_commit()) return Duration{0};
  const Duration believed = ground_.clock.boot() - (journal.clock->boot + shift(*journal.clock));
  return believed - (ground_.now() - *store_.last_commit());
}

// In the same boot the clock went on; otherwise the calendar says how much time has passed, within
// limits.
Duration Process::shift(const driver::SavedClock& saved) const {
  const Now now = ground_.clock.now();
  if (saved.boot_id == ground_.clock.boot_id()) return Duration{0};
  const Duration longest = ground_.options.settings.restart_elapsed_max;
  const Duration passed = std::clamp(now.wall - saved.wall, Duration{0}, longest);
  return now.boot - passed - saved.boot;
}

void Process::judge_shift(const driver::Journal& journal, const core::Records& moved) const {
  if (!journal.clock) return;
  const Duration by = shift(*journal.clock);
  const auto demand = [&](bool so, const std::string& whose) {
    if (!so)
      throw Violated("6-nothing-forgotten", str("the clock of ", whose, " was moved wrongly"));
  };
  const core::Records& given = journal.records;
  for (const auto& [id, worker] : given.workers) {
    const core::WorkerRecord& now = moved.workers.at(id);
    demand(now.begun - worker.begun == by && now.last_used - worker.last_used == by, id.value);
  }
  for (const auto& [token, attempt] : given.attempts) {
    demand(moved.attempts.at(token).begun - attempt.begun == by, token.value);
  }
  for (const auto& [token, stamp] : given.stamps) {
    demand(moved.stamps.at(token).at - stamp.at == by, token.value);
  }
  for (const auto& [token, closed] : given.closed) {
    demand(moved.closed.at(token).at - closed.at == by, token.value);
  }
}

void Process::first_turn(const Circumstances& how) {
  ground_.options.settings = ground_.file;
  broker_ = std::make_unique<core::Broker>(ground_.options.settings, &wire::encode_run_instances);
  driver_ = std::make_unique<driver::Driver>(*broker_, ports_);
  ground_.turn = {ground_.now(), ground_.clock.now()};
  mailbox_.open([this](core::Event event) { driver_->post(std::move(event)); });
  const driver::Journal journal = store_.load();
  const Duration error = misjudged(journal);
  ground_.tell([&](Watcher& watcher) { watcher.starting(error); });
  core::Started started = driver::started(journal, ground_.clock.boot_id(), ground_.clock.now(),
                                          str("nonce", ++starts_, "world"),
                                          ground_.options.settings.restart_elapsed_max, "here");
  const core::Records recovered = started.records;
  judge_shift(journal, recovered);
  driver_->post(std::move(started));
  ground_.warm = ground_.warm_file;
  if (!ground_.warm.empty()) driver_->post(core::WarmPlanned{ground_.warm});
  driver_->run(ground_.turn.now);
  const core::Records held = broker_->records();
  ground_.tell([&](Watcher& watcher) { watcher.started({recovered, held, how.rebooted}); });
  ground_.tell([](Watcher& watcher) { watcher.turned(); });
}

void Process::end() {
  mailbox_.close();
  driver_.reset();
  broker_.reset();
  ground_.tell([](Watcher& watcher) { watcher.went_down(); });
}

}  // namespace cb::sim
