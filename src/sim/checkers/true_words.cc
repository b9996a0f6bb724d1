#include "sim/checkers/true_words.h"

#include <algorithm>

#include "base/text.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/shown.h"

namespace cb::sim {
namespace {

constexpr const char* kTrueWordsRule = "13-true-words";

bool begins(std::string_view text, std::string_view with) {
  return text.starts_with(with);
}

// The number behind `before`; -1: there is none.
std::int64_t number_after(std::string_view text, std::string_view before) {
  const auto at = text.find(before);
  if (at == text.npos) return -1;
  const std::string_view rest = text.substr(at + before.size());
  return parse_int(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(-1);
}

std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto begin = text.find(from);
  if (begin == text.npos) return {};
  text.remove_prefix(begin + from.size());
  return text.substr(0, text.find(to));
}

// What a program is told beside the sentence; unset: the sentence does not say.
std::optional<core::RefusalReason> reason_of(std::string_view text) {
  using Reason = core::RefusalReason;
  constexpr std::pair<std::string_view, Reason> kBeginnings[] = {
      {"the broker is stopping", Reason::kStopping},
      {"terminated by TERMINATE_ALL", Reason::kTerminated},
      {"no worker was ready within ", Reason::kOutOfPatience},
      {"the journal cannot be written", Reason::kJournal},
      {"EC2 cannot be asked: ", Reason::kCloud},
      {"the credentials belong to account", Reason::kCloud},
      {"STS does not say whose credentials", Reason::kCloud},
      {"[pool.", Reason::kConfiguration},
      {"max_workers = ", Reason::kLimit},
      {"count=", Reason::kLimit},
      {"no capacity for pool ", Reason::kNoCapacity},
      {"a quota is used up for pool ", Reason::kNoCapacity},
      {"no worker could be launched for pool ", Reason::kNoCapacity},
  };
  if (begins(text, "EC2 in ")) return Reason::kCloud;
  // Of candidates that are refused, of regions that cannot be asked, or of both.
  if (begins(text, "no worker could") && text.find("EC2") != text.npos) return {};
  for (const auto& [beginning, reason] : kBeginnings) {
    if (begins(text, beginning)) return reason;
  }
  if (begins(text, "pool ")) {
    return text.find(" does not offer ") != text.npos ? Reason::kNoPoolFits : Reason::kUnknownPool;
  }
  if (text.find("launches_per_hour_max = ") != text.npos) return Reason::kLimit;
  if (text.find(" in a row never became ready") != text.npos) return Reason::kBreaker;
  return {};
}

}  // namespace

void TrueWords::answered(CallerId caller, const core::Answer& answer) {
  if (const auto* all = std::get_if<core::Overview>(&answer)) return troubles(*all);
  const auto* refused = std::get_if<core::Refused>(&answer);
  const auto* failed = std::get_if<core::CommandFailed>(&answer);
  if (refused == nullptr && failed == nullptr) return;
  const std::string& why = refused != nullptr ? refused->why : failed->why;
  const auto waiting = history_.waiting().find(caller);
  if (waiting == history_.waiting().end()) return;  // he has hung up
  const auto* get = std::get_if<core::GetWorker>(&waiting->second.request);
  const core::Request& asked = waiting->second.request;
  if (why == "Worker not found") {
    if (std::holds_alternative<core::Ping>(asked)) return;  // rule 10
    const auto* release = std::get_if<core::Release>(&asked);
    if (release != nullptr && !release->lease.none()) return;  // rule 17
  }
  if (std::holds_alternative<core::Renew>(asked) && why == "Lease not found") return;  // likewise
  const auto reason = reason_of(why);
  if (refused != nullptr && reason && *reason != refused->reason) {
    throw Violated(kTrueWordsRule, str("caller ", caller.value, " is refused for ",
                                       to_string(refused->reason), " and told: ", why));
  }
  if (ground_.settings_just_told) return;  // it is as it was, or as it is
  const Said said{why, get, waiting->second.since};
  for (const auto judge : {&TrueWords::of_the_broker, &TrueWords::of_the_cloud,
                           &TrueWords::of_a_limit, &TrueWords::of_the_hour, &TrueWords::of_patience,
                           &TrueWords::of_ends, &TrueWords::of_launches}) {
    const auto verdict = (this->*judge)(said);
    if (!verdict) continue;
    if (*verdict) return;
    throw Violated(kTrueWordsRule, str("caller ", caller.value, " is told what is not so: ", why));
  }
  throw Violated(kTrueWordsRule,
                 str("caller ", caller.value, " is told what no rule knows: ", why));
}

// What stands in the way, for whichever pool.
void TrueWords::troubles(const core::Overview& all) const {
  for (const std::string& trouble : all.troubles) {
    if (trouble.ends_with(" has not answered its first listing yet")) {
      if (!memory_.cloud().settled() || !exact()) continue;
    }
    const auto& pools = ground_.options.settings.pools;
    const bool holds = std::any_of(pools.begin(), pools.end(), [&](const auto& pool) {
      return meanwhile({.pool = pool.first, .client = {}}, trouble);
    });
    if (!holds) throw Violated(kTrueWordsRule, str("STATUS all says what is not so: ", trouble));
  }
}

std::optional<bool> TrueWords::of_the_broker(const Said& said) const {
  if (begins(said.text, "the broker is stopping")) return memory_.stopping();
  if (begins(said.text, "pool ")) {
    if (said.get == nullptr) return false;
    const auto pool = ground_.options.settings.pools.find(said.get->pool);
    if (said.text.find(" does not offer ") == said.text.npos) {
      return pool == ground_.options.settings.pools.end();
    }
    return LaunchMemory::plan(ground_.options.settings, pool->second, core::need_of(*said.get))
        .empty();
  }
  if (begins(said.text, "terminated by TERMINATE_ALL")) {
    return memory_.all_ended() && *memory_.all_ended() >= lately();
  }
  if (begins(said.text, "the journal cannot be written")) {
    return history_.commit_failing() || (written_again_ && *written_again_ >= lately());
  }
  return {};
}

std::optional<bool> TrueWords::of_the_cloud(const Said& said) const {
  constexpr std::string_view kAsked = " cannot be asked: ";
  const auto asked = said.text.find(kAsked);
  if (begins(said.text, "EC2") && asked < std::string_view("EC2 in eu-west-1  ").size()) {
    const bool named = memory_.cloud().listing_failed_with(said.text.substr(asked + kAsked.size()));
    const bool stands = said.get != nullptr ? memory_.cloud().trouble_since(lately())
                                            : memory_.cloud().failing_since(lately());
    return stands && named;
  }
  if (begins(said.text, "the credentials belong to account"))
    return memory_.cloud().wrong_account();
  if (begins(said.text, "STS does not say whose credentials")) {
    return !memory_.cloud().named() || memory_.cloud().named_since(lately());
  }
  return {};
}

std::optional<bool> TrueWords::of_a_limit(const Said& said) const {
  const core::Settings& settings = ground_.options.settings;
  if (begins(said.text, "[pool.") && said.get != nullptr) {
    const core::PoolSettings& pool = settings.pools.at(said.get->pool);
    if (said.text.find("image is not set") != said.text.npos) return pool.image.empty();
    if (said.text.find("instance_types is empty") == said.text.npos) return {};
    return pool.instance_types.empty();
  }
  if (begins(said.text, "count=") && said.get != nullptr) {
    return static_cast<std::size_t>(said.get->count) > settings.max_workers;
  }
  if (said.text == "max_workers = 0: launching is switched off") return settings.max_workers == 0;
  if (said.text == "launches_per_hour_max = 0: launching is switched off") {
    return settings.launches_per_hour_max == 0;
  }
  if (!begins(said.text, "max_workers = ")) return {};
  const core::Records& durable = store_.durable();
  const auto limit = static_cast<std::int64_t>(ground_.options.settings.max_workers);
  const auto open = static_cast<std::int64_t>(durable.attempts.size());
  const auto known = static_cast<std::int64_t>(durable.workers.size());
  if (!exact()) return true;
  const std::int64_t workers = std::max<std::int64_t>(0, number_after(said.text, "is reached ("));
  return number_after(said.text, "max_workers = ") == limit && known + open >= limit &&
         workers <= known + open && said.text.find("(, ") == said.text.npos &&
         said.text.find("()") == said.text.npos;
}

std::optional<bool> TrueWords::of_the_hour(const Said& said) const {
  const std::size_t at = said.text.find(" launches in the last hour (launches_per_hour_max = ");
  if (at == said.text.npos || said.text.find_first_not_of("0123456789") != at) return {};
  if (history_.commit_failing()) return true;  // what is counted is not written
  const auto& stamps = store_.durable().stamps;
  const std::size_t limit = ground_.options.settings.launches_per_hour_max;
  if (stamps.size() < limit || limit == 0) return false;
  std::vector<Instant> times;
  for (const auto& [token, stamp] : stamps) {
    if (ground_.turn.now.boot - stamp.at >= hours{1}) return false;
    times.push_back(stamp.at);
  }
  std::sort(times.begin(), times.end());
  const Instant next = times[times.size() - limit] + hours{1};
  const auto wait = std::chrono::ceil<minutes>(next - ground_.turn.now.boot);
  const std::string right =
      str(stamps.size(), " launches in the last hour (launches_per_hour_max", " = ", limit,
          "); the next is possible in ", to_string(Duration{wait}));
  return !exact() || said.text == right;
}

std::optional<bool> TrueWords::of_patience(const Said& said) const {
  constexpr std::string_view kBegin = "no worker was ready within ";
  if (!begins(said.text, kBegin)) return {};
  if (said.get == nullptr) return false;
  const Duration patience = said.get->wait.value_or(ground_.options.settings.wait_default);
  const Duration waited = ground_.turn.at - said.asked;
  const std::string right = str(kBegin, to_string(patience), " (");
  if (!begins(said.text, right) || waited < patience) return false;
  const auto end = said.text.rfind("); it goes on, ask again");
  if (end == said.text.npos) return false;
  std::string_view text = said.text.substr(right.size(), end - right.size());
  constexpr std::string_view kBefore = "; before that: ";
  if (const auto before = text.find(kBefore); before != text.npos) {
    Reasons reasons;
    const std::string_view story = text.substr(before + kBefore.size());
    if (story.empty()) return false;
    if (!memory_.unwritten() && !reasons_hold(*said.get, story, reasons)) return false;
    text = text.substr(0, before);
  }
  return meanwhile(*said.get, text);
}

// "i-1 12s, ready in about 18s"
bool TrueWords::worker_on_its_way(const PoolName& pool, std::string_view text, bool running) const {
  const std::size_t space = text.find(' ');
  const InstanceId id{std::string(text.substr(0, space))};
  const auto worker = store_.durable().workers.find(id);
  if (worker == store_.durable().workers.end() || worker->second.pool != pool) return !exact();
  if (worker->second.phase == core::WorkerPhase::kReady) return !exact();
  const bool shown = running == running_.contains(id);
  const auto age = std::chrono::floor<seconds>(ground_.turn.now.boot - worker->second.begun);
  const std::string right = str(id.value, " ", age.count(), "s");
  return !exact() || (shown && begins(text, right));
}

// "i-1, whose service is gone since 3s and may start again"
bool TrueWords::worker_waited_for(const PoolName& pool, std::string_view text) const {
  const InstanceId id{std::string(text.substr(0, text.find(',')))};
  const auto found = store_.durable().workers.find(id);
  if (found == store_.durable().workers.end() || found->second.pool != pool) return !exact();
  if (!exact()) return true;
  const core::WorkerRecord& worker = found->second;
  const auto age = [&](Instant since) {
    return str(std::chrono::floor<seconds>(ground_.turn.now.boot - since).count(), "s");
  };
  text.remove_prefix(id.value.size());
  if (worker.doubted) {
    return text ==
           str(", whose service is gone since ", age(*worker.doubted), " and may start again");
  }
  if (worker.phase == core::WorkerPhase::kReady) {
    return ground_.turn.at - memory_.started_at() <= ground_.options.settings.adoption_patience &&
           text ==
               ", which the journal knows as ready and which has not shown itself since this start";
  }
  const Life* const life = history_.life(id);
  return worker.phase == core::WorkerPhase::kAdopting && (life == nullptr || life->question_open) &&
         text == str(", which was found again and does not answer yet, ", age(worker.begun));
}

// What ends makes room.
bool TrueWords::room_is_made() const {
  const auto& workers = store_.durable().workers;
  const bool ends = std::any_of(workers.begin(), workers.end(), [](const auto& entry) {
    return entry.second.phase == core::WorkerPhase::kTerminating;
  });
  const auto& attempts = store_.durable().attempts;
  const bool doomed = std::any_of(attempts.begin(), attempts.end(),
                                  [](const auto& entry) { return entry.second.doomed; });
  const std::size_t counted = workers.size() + attempts.size();
  return (ends || doomed) && counted >= ground_.options.settings.max_workers;
}

// What nobody waits for any more is dropped in the turn in which the last of them hears of it.
void TrueWords::decided(const std::vector<core::Change>& changes) {
  const auto& attempts = store_.durable().attempts;
  for (const core::Change& change : changes) {
    const auto* drop = std::get_if<core::DropAttempt>(&change);
    const auto attempt = drop != nullptr ? attempts.find(drop->token) : attempts.end();
    if (attempt != attempts.end()) dropped_.push_back(attempt->second);
  }
}

bool TrueWords::meanwhile(const core::GetWorker& get, std::string_view text) const {
  const PoolName& pool = get.pool;
  constexpr std::string_view kWaiting = "waiting for ", kAnew = "asking EC2 anew; lately: ";
  if (begins(text, "booting ")) return worker_on_its_way(pool, text.substr(8), true);
  if (begins(text, "pending ")) return worker_on_its_way(pool, text.substr(8), false);
  if (begins(text, "launching ")) return launching(get, text.substr(10));
  if (begins(text, "waiting for i-")) return worker_waited_for(pool, text.substr(kWaiting.size()));
  if (begins(text, "waiting for EC2's first listing")) return !memory_.cloud().settled();
  if (begins(text, "waiting for a worker that is being terminated")) {
    return room_is_made() || !memory_.cloud().settled() || !exact();
  }
  if (begins(text, "waiting for the place of a worker that nobody uses")) {
    return somebody_is_idle() || !exact();
  }
  if (begins(text, "waiting until who asked for ")) {
    const auto& needs = history_.needs_lately(pool);
    return get.count > 1 && std::count_if(needs.begin(), needs.end(), [](const auto& entry) {
                              return entry.first.count > 1;
                            }) > 1;
  }
  if (begins(text, "about to launch ")) return about_to_launch(get, text.substr(16));
  if (begins(text, kAnew)) text.remove_prefix(kAnew.size());
  // Since long ago: whether somebody hears it too early is for refusals.
  const Said said{text, &get, Moment{}};
  if (const auto verdict = of_the_cloud({text, nullptr, Moment{}})) return *verdict;
  for (const auto judge : {&TrueWords::of_the_broker, &TrueWords::of_a_limit,
                           &TrueWords::of_the_hour, &TrueWords::of_launches}) {
    if (const auto verdict = (this->*judge)(said)) return *verdict;
  }
  return false;
}

void TrueWords::heard(CallerId caller, const core::Progress& progress) {
  const auto waiting = history_.waiting().find(caller);
  if (waiting == history_.waiting().end()) return;
  const auto* get = std::get_if<core::GetWorker>(&waiting->second.request);
  using Phase = core::Progress::Phase;
  const std::string_view text = progress.text;
  const bool fits = progress.phase == Phase::kBooting
                        ? begins(text, "booting ") || begins(text, "waiting for i-")
                    : progress.phase == Phase::kPending   ? begins(text, "pending ")
                    : progress.phase == Phase::kLaunching ? begins(text, "launching ")
                                                          : true;
  if (fits && get != nullptr && get->wants_progress && meanwhile(*get, text)) return;
  throw Violated(kTrueWordsRule, str("caller ", caller.value, " hears what is not so: ", text));
}

std::optional<bool> TrueWords::of_ends(const Said& said) const {
  constexpr std::string_view kAgain = "; it is asked again until it does";
  if (!said.text.ends_with(kAgain)) return {};
  constexpr std::string_view kFailed = "TerminateInstances failed (";
  if (begins(said.text, kFailed)) {
    const auto refusal = end_refusals_.find(std::string(between(said.text, kFailed, ":")));
    return refusal != end_refusals_.end() && refusal->second >= said.asked;
  }
  if (begins(said.text, "EC2 has not accepted any of it within ")) {
    const Duration patience = ground_.options.settings.terminate_all_patience;
    return between(said.text, "within ", ";") == to_string(patience);
  }
  // EC2 refuses some by name.
  if (begins(said.text, "i-")) return end_refused_;
  const std::string_view rest = said.text.substr(0, said.text.size() - kAgain.size());
  return of_the_cloud({rest, nullptr, said.asked});
}

void TrueWords::told(const core::Event& event) {
  ++events_;
  if (std::holds_alternative<core::KeysChanged>(event)) queries_.clear();
  const auto* listed = std::get_if<core::Listed>(&event);
  if (listed != nullptr && queries_.erase(listed->query) != 0) {
    for (const core::InstanceView& view : shown_by_listing(event)) {
      if (view.state == core::InstanceState::kRunning) running_.insert(view.id);
    }
  }
  const auto* answer = std::get_if<core::TerminateAnswered>(&event);
  if (answer == nullptr) return;
  const auto* failure = std::get_if<core::CloudFailure>(&answer->result);
  const auto* accepted = std::get_if<core::TerminateAccepted>(&answer->result);
  end_refused_ = end_refused_ || (accepted != nullptr && !accepted->refused.empty());
  if (failure != nullptr) end_refusals_[failure->code] = ground_.now();
}

void TrueWords::committed(const std::vector<core::Change>&) {
  if (unwritten_) written_again_ = ground_.now();
  unwritten_.reset();
}

void TrueWords::listing_called(const core::ListInstances& what) {
  queries_.insert(what.query);
}

void TrueWords::went_down() {
  queries_.clear();
  events_ = 0;
  running_.clear();
  end_refusals_.clear();
  end_refused_ = false;
  written_again_.reset();
}

}  // namespace cb::sim
