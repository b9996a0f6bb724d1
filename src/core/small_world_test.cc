#include "core/small_world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace cb::core::testing {
namespace {

// Only what the small cloud has to understand again.
std::string encode(const LaunchSpec& spec) {
  return str(spec.token.value, " ", spec.type, " ", to_string(spec.market), " ", spec.image, " ",
             spec.tags.at(std::string(kBrokerTag)), " ", spec.tags.at(std::string(kPoolTag)), " ",
             spec.tags.at(std::string(kOwnerTag)), " ", spec.subnet);
}

CloudFailure not_sent() {
  return {FailureClass::kUnreachable, "connect", "no route to host"};
}

}  // namespace

SmallWorld::SmallWorld(Settings settings) : settings_(std::move(settings)) {
  broker = std::make_unique<Broker>(settings_, encode);
}

Settings SmallWorld::usable_settings() {
  Settings settings;
  settings.region = "us-east-1";
  settings.pools.begin()->second.image = "ami-0123";
  return settings;
}

void SmallWorld::start() {
  post(Started{.records = journal, .fresh_nonce = nonce, .place = "here"});
  if (!windows.empty()) tell_windows();
}

void SmallWorld::want_warm(std::size_t workers, Duration from, Duration until) {
  windows[PoolName{"default"}].push_back({now.wall + from, now.wall + until, workers, "by day"});
  tell_windows();
}

void SmallWorld::crash_and_restart(Duration down) {
  queue_.clear();
  questions.clear();
  broker = std::make_unique<Broker>(settings_, encode);
  now.boot += down;
  now.wall += down;
  start();
}

void SmallWorld::reload(Settings settings) {
  settings_ = std::move(settings);
  post(SettingsChanged{settings_});
}

void SmallWorld::post(Event event) {
  queue_.push_back(std::move(event));
  while (!queue_.empty()) {
    const Event next = std::move(queue_.front());
    queue_.pop_front();
    step(next);
  }
}

void SmallWorld::step(const Event& event) {
  move_machines();
  const Decision decision = broker->step(now, event);
  if (save_failure && !decision.save.empty()) {
    SaveFailed failed{.why = *save_failure, .launches_not_made = {}};
    for (const Action& action : decision.then) {
      if (const auto* launch = std::get_if<LaunchInstance>(&action)) {
        failed.launches_not_made.push_back(launch->token);
      } else {
        act(action);
      }
    }
    queue_.push_back(failed);
    return;
  }
  for (const Change& change : decision.save) journal.apply(change);
  for (const Action& action : decision.then) act(action);
}

void SmallWorld::run_for(Duration time) {
  const Instant end = now.boot + time;
  while (true) {
    Instant next = broker->next_deadline().value_or(end);
    next = std::clamp(std::min(next, next_answer().value_or(end)), now.boot, end);
    const Duration passed = next - now.boot;
    now = {next, now.wall + passed};
    answer_questions();
    post(TimePassed{});
    const auto deadline = broker->next_deadline();
    if (next == end && (!deadline || *deadline > end)) return;
  }
}

void SmallWorld::act(const Action& action) {
  if (const auto* reply = std::get_if<Reply>(&action)) {
    answers_[reply->caller].push_back(reply->answer);
  } else if (std::get_if<Identify>(&action) != nullptr) {
    if (!hold_identity) queue_.push_back(Identified{identity});
  } else if (const auto* what = std::get_if<LaunchInstance>(&action)) {
    launch(*what);
  } else if (const auto* listing = std::get_if<ListInstances>(&action)) {
    list(*listing);
  } else if (const auto* ending = std::get_if<TerminateInstances>(&action)) {
    terminate(*ending);
  } else if (const auto* tags = std::get_if<TagInstances>(&action)) {
    tag(*tags);
  } else if (const auto* wanted = std::get_if<ProbeWorker>(&action)) {
    probe(*wanted);
  } else if (const auto* over = std::get_if<HangUp>(&action)) {
    ++hang_ups;
    questions.erase(over->worker);
    lost_at.erase(over->worker);
  } else if (const auto* heard = std::get_if<Tell>(&action)) {
    told.push_back(*heard);
  } else if (const auto* notice = std::get_if<Notify>(&action)) {
    notices.push_back(*notice);
  } else if (const auto* line = std::get_if<Log>(&action)) {
    log.push_back(*line);
  }
}

void SmallWorld::launch(const LaunchInstance& what) {
  launches.push_back(what);
  if (dead_regions.contains(what.region)) {
    queue_.push_back(LaunchAnswered{what.token, what.region, not_sent()});
    return;
  }
  if (!launch_answers.empty() && (answered_in_.empty() || answered_in_ == what.region)) {
    LaunchResult answer = launch_answers.front();
    launch_answers.pop_front();
    if (!std::holds_alternative<Launched>(answer)) {
      queue_.push_back(LaunchAnswered{what.token, what.region, answer});
      return;
    }
  }
  const auto word = words(what.request);
  auto same = std::find_if(machines.begin(), machines.end(), [&](const auto& entry) {
    return entry.second.view.token == what.token;
  });
  if (same == machines.end()) {
    Machine machine;
    machine.launched = now.boot;
    machine.region = what.region;
    machine.view = {.id = {str("i-", ++instances_)},
                    .state = InstanceState::kPending,
                    .type = std::string(word[1]),
                    .market = *parse_market(word[2]),
                    .image = answered_image.empty() ? std::string(word[3]) : answered_image,
                    .zone = what.region + "a",
                    .launched = now.wall,
                    .token = what.token,
                    .tags = {{"Name", "dserv-worker"},
                             {"compute-broker", std::string(word[4])},
                             {"compute-broker-pool", std::string(word[5])},
                             {"compute-broker-token", what.token.value},
                             {"compute-broker-owner", str(word[6], " ", word[7], " ", word[8])}}};
    same = machines.emplace(machine.view.id, machine).first;
  }
  if (hold_launches) return;
  if (lose_launch_answers) {
    queue_.push_back(LaunchAnswered{
        what.token, what.region,
        LaunchOutcomeUnknown{{FailureClass::kUnknownOutcome, "timeout", "no answer in 30 s"}}});
    return;
  }
  queue_.push_back(LaunchAnswered{what.token, what.region, Launched{{same->second.view}}});
}

void SmallWorld::move_machines() {
  for (auto& [id, machine] : machines) {
    InstanceView& view = machine.view;
    if (view.state == InstanceState::kPending && !never_running &&
        now.boot >= machine.launched + pending) {
      view.state = InstanceState::kRunning;
      if (view.public_address.empty()) view.public_address = "203.0.113." + id.value.substr(2);
      if (!never_ready) machine.service_up = machine.launched + pending + boot;
      if (early > Duration{0}) machine.opens = machine.launched + pending;
      machine.early = early;
    }
  }
}

void SmallWorld::list(const ListInstances& what) {
  ++listings;
  if (dead_regions.contains(what.region)) {
    queue_.push_back(Listed{what.query, not_sent()});
    return;
  }
  if (silent_regions.contains(what.region)) return unanswered_.push_back(what);
  if (listing_failure) {
    queue_.push_back(Listed{what.query, *listing_failure});
    return;
  }
  Listing listing;
  const auto* by_ids = std::get_if<ListByIds>(&what.what);
  const auto* by_tag = std::get_if<ListByTag>(&what.what);
  if (by_ids != nullptr) asked_by_id.insert(by_ids->ids.begin(), by_ids->ids.end());
  for (const auto& [id, machine] : machines) {
    if (machine.region != what.region) continue;
    const bool wanted =
        by_ids != nullptr
            ? std::count(by_ids->ids.begin(), by_ids->ids.end(), id) != 0
            : machine.listed && (machine.view.tag(kBrokerTag) == by_tag->broker ||
                                 (by_tag->named && machine.view.tag(kNameTag) == kNameTagValue));
    if (wanted) listing.instances.push_back(machine.view);
  }
  queue_.push_back(Listed{what.query, listing});
}

void SmallWorld::answer_silent_regions() {
  silent_regions.clear();
  for (const ListInstances& what : std::exchange(unanswered_, {})) list(what);
  run_for(Duration{0});
}

void SmallWorld::terminate(const TerminateInstances& what) {
  terminated.insert(terminated.end(), what.ids.begin(), what.ids.end());
  terminate_calls.push_back(what.ids);
  if (hold_terminations) return;
  if (dead_regions.contains(what.region)) {
    queue_.push_back(TerminateAnswered{what.ids, not_sent()});
    return;
  }
  if (!terminate_failures.empty()) {
    queue_.push_back(TerminateAnswered{what.ids, terminate_failures.front()});
    terminate_failures.pop_front();
    return;
  }
  TerminateAccepted accepted;
  for (const InstanceId& id : what.ids) {
    const auto found = machines.find(id);
    if (const auto why = unendable.find(id); why != unendable.end()) {
      accepted.refused.push_back({id, why->second});
      continue;
    }
    if (found == machines.end() || found->second.region != what.region) {
      accepted.not_found.push_back(id);
      continue;
    }
    end(found->second, "Client.UserInitiatedShutdown");
    accepted.instances.push_back({id, InstanceState::kShuttingDown});
  }
  queue_.push_back(TerminateAnswered{what.ids, accepted});
}

void SmallWorld::tag(const TagInstances& what) {
  tagged.push_back(what);
  Tagged answer{what.ids, what.key, {}, tag_failure};
  if (!tag_failure) {
    for (const InstanceId& id : what.ids) {
      Machine& machine = machines.at(id);
      if (machine.region == what.region) {
        set_tag(machine, what.key, what.value);
      } else {
        answer.refused.push_back(
            {id, {FailureClass::kNotYetVisible, "InvalidInstanceID.NotFound", "not here"}});
      }
    }
  }
  queue_.push_back(answer);
}

void set_tag(Machine& machine, const std::string& key, const std::string& value) {
  std::erase_if(machine.view.tags, [&](const auto& tag) { return tag.first == key; });
  if (!value.empty()) machine.view.tags.emplace_back(key, value);
}

ProbeOutcome SmallWorld::port_of(const ProbeWorker& what) const {
  const auto found = machines.find(what.worker);
  if (found == machines.end() || found->second.out_of_reach) return ProbeOutcome::kUnreachable;
  const Machine& machine = found->second;
  const bool open = now.boot >= std::min(machine.service_up, machine.opens);
  const bool runs = machine.view.state == InstanceState::kRunning && machine.port == what.port;
  return open && runs ? ProbeOutcome::kAccepted : ProbeOutcome::kRefused;
}

bool SmallWorld::answers(const Machine& machine) const {
  if (now.boot < machine.service_up) {
    return now.boot >= machine.opens && now.boot < machine.opens + machine.early;
  }
  return now.boot >= machine.busy_until;
}

void SmallWorld::probe(const ProbeWorker& what) {
  ++probes;
  ProbeOutcome outcome = port_of(what);
  if (what.kind == ProbeKind::kDserv) {
    EXPECT_FALSE(questions.contains(what.worker)) << "two questions at once";
    const bool full =
        outcome == ProbeOutcome::kAccepted && machines.at(what.worker).places_taken >= 8;
    if (outcome == ProbeOutcome::kAccepted && !full) {
      ++questions_asked;
      questions[what.worker] = what;
      outcome = ProbeOutcome::kAsked;
      if (forget_flows) {
        lost_at[what.worker] = now.boot + what.keep_alive * static_cast<int>(what.keep_alive_max);
      }
    }
  }
  queue_.push_back(Probed{what.probe, what.worker, outcome, what.kind});
  if (outcome == ProbeOutcome::kAsked) answer_questions();
}

// Those that can be answered now, or whose machine is gone.
void SmallWorld::answer_questions() {
  for (auto next = questions.begin(); next != questions.end();) {
    const auto [id, what] = *next++;
    if (const auto lost = lost_at.find(id); lost != lost_at.end()) {
      if (now.boot < lost->second) continue;
      lost_at.erase(id);
      questions.erase(id);
      queue_.push_back(Probed{what.probe, id, ProbeOutcome::kLost, ProbeKind::kDserv});
      continue;
    }
    const ProbeOutcome port = port_of(what);
    if (port == ProbeOutcome::kUnreachable) continue;
    const bool closed = port == ProbeOutcome::kRefused;
    if (!closed && !answers(machines.at(id))) continue;
    questions.erase(id);
    queue_.push_back(Probed{what.probe, id, closed ? ProbeOutcome::kAccepted : ProbeOutcome::kReady,
                            ProbeKind::kDserv});
  }
}

std::optional<Instant> SmallWorld::next_answer() const {
  std::optional<Instant> next;
  for (const auto& [id, what] : questions) {
    const auto found = machines.find(id);
    if (found == machines.end() || found->second.out_of_reach) continue;
    const Machine& machine = found->second;
    const auto lost = lost_at.find(id);
    const Instant at =
        lost != lost_at.end() ? lost->second : std::max(machine.service_up, machine.busy_until);
    if (at > now.boot && at != Instant::max() && (!next || at < *next)) next = at;
  }
  return next;
}

CallerId SmallWorld::ask(Request request) {
  const CallerId caller{++callers_};
  post(Asked{caller, std::move(request), origin, connection});
  return caller;
}

bool SmallWorld::ping(const std::string& address) {
  return answer(ask(Ping{address})) == "OK";
}

std::string SmallWorld::answer(CallerId caller) const {
  const auto found = answers_.find(caller);
  if (found == answers_.end()) return "";
  EXPECT_EQ(found->second.size(), 1U) << "caller " << caller.value << " was answered twice";
  const Answer& given = found->second.front();
  if (const auto* worker = std::get_if<WorkerAddress>(&given)) {
    return worker->lease.none() ? worker->address
                                : str(worker->address, " ", to_text(worker->lease));
  }
  if (const auto* all = std::get_if<WorkerAddresses>(&given)) {
    std::vector<std::string> parts;
    for (const WorkerAddress& one : all->workers) parts.push_back(one.address);
    return join(parts, " ");
  }
  if (std::holds_alternative<Ok>(given)) return "OK";
  if (const auto* refused = std::get_if<Refused>(&given)) return "ERROR: " + refused->why;
  if (const auto* failed = std::get_if<CommandFailed>(&given)) return "failed: " + failed->why;
  if (const auto* rows = std::get_if<StatusRows>(&given)) return str(rows->rows.size(), " rows");
  if (const auto* all = std::get_if<Overview>(&given)) {
    return str(all->ready.size(), " ready, ", all->coming.size(), " coming, ", all->ending.size(),
               " ending, ", all->waiting, " wait; ", join(all->troubles, "; "));
  }
  if (const auto* all = std::get_if<AllInstances>(&given)) {
    return str(all->instances.size(), " instances");
  }
  const auto& ended = std::get<TerminatedIds>(given);
  std::string text = ended.nothing_to_do ? "nothing" : "ended";
  for (const InstanceId& id : ended.ids) text += " " + id.value;
  for (const auto& one : ended.refused) text += str(", not ", one.id.value, ": ", one.why);
  return text;
}

bool SmallWorld::logged(std::string_view part) const {
  return std::any_of(log.begin(), log.end(),
                     [&](const Log& line) { return line.text.find(part) != std::string::npos; });
}

std::vector<PoolRow> SmallWorld::pools() {
  const CallerId caller = ask(ShowStatus{.everything = true});
  return std::get<Overview>(answers_.at(caller).front()).pools;
}

std::vector<StatusRow> SmallWorld::status() {
  const CallerId caller = ask(ShowStatus{});
  return std::get<StatusRows>(answers_.at(caller).front()).rows;
}

Machine& SmallWorld::only() {
  EXPECT_EQ(machines.size(), 1U);
  return machines.begin()->second;
}

std::size_t SmallWorld::alive() const {
  return std::count_if(machines.begin(), machines.end(), [](const auto& entry) {
    return entry.second.view.state == InstanceState::kPending ||
           entry.second.view.state == InstanceState::kRunning;
  });
}

void SmallWorld::end(Machine& machine, std::string reason_code) {
  machine.view.state = InstanceState::kTerminated;
  machine.view.state_reason_code = std::move(reason_code);
  machine.view.public_address.clear();
  if (!machine.view.ended) machine.view.ended = now.wall;
}

Machine& SmallWorld::foreign(const std::string& id, Tags tags) {
  Machine& machine = machines[{id}];
  machine.launched = now.boot - pending - boot;
  machine.service_up = now.boot;
  machine.region = settings_.region;
  machine.view = {.id = {id},
                  .state = InstanceState::kRunning,
                  .type = "c7i.16xlarge",
                  .image = "ami-0123",
                  .public_address = "198.51.100.9",
                  .launched = now.wall - hours{1},
                  .tags = std::move(tags)};
  return machine;
}

}  // namespace cb::core::testing
