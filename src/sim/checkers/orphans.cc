#include "sim/checkers/orphans.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/needs.h"
#include "sim/checkers/shown.h"

namespace cb::sim {

std::string_view Orphans::name_of(Phase phase) {
  switch (phase) {
    case Phase::kUnseen:
      return "not seen yet";
    case Phase::kBooting:
      return "booting";
    case Phase::kReady:
      return "ready";
    case Phase::kEnding:
      return "told to end";
  }
  return "";
}

Orphans::Watched* Orphans::find(const InstanceId& id) {
  const auto found = living_.find(id);
  return found == living_.end() ? nullptr : &found->second;
}

// Before anything moves its deadline, and when it ends.
void Orphans::judge(const Watched& watched) const {
  if (blocked() || ground_.now() <= std::max(watched.deadline, listens_until(watched))) return;
  if (watched.phase == Phase::kReady && watched.asked) return;
  const Instance& instance = *watched.instance;
  if (watched.phase == Phase::kReady && leased(instance.id)) return;  // rule 17
  throw Violated(
      "4-orphans",
      str(instance.id.value, ", ", name_of(watched.phase), ", had to be gone by ",
          stamp(watched.deadline), " (", to_string(Duration{ground_.now() - watched.deadline}),
          " ago); nobody is behind it for ", to_string(Duration{ground_.now() - watched.needed}),
          ", of which troubles explain ", to_string(watched.excused)));
}

bool Orphans::leased(const InstanceId& id) const {
  if (leased_unwritten_.contains(id)) return true;
  const auto& leases = store_.durable().leases;
  return std::any_of(leases.begin(), leases.end(),
                     [&](const auto& entry) { return entry.second.worker == id; });
}

// Its idle clock stood still while it was leased.
void Orphans::given_back(const LeaseId& id) {
  const auto lease = leased_.find(id);
  if (lease == leased_.end()) return;
  Watched* const watched = find(lease->second);
  if (watched != nullptr && watched->phase == Phase::kReady) in_use(*watched);
}

void Orphans::trouble(Watched& watched, Moment until) {
  if (until <= watched.deadline) return;
  watched.excused += until - watched.deadline;
  watched.deadline = until;
}

void Orphans::born(const Instance& instance) {
  Watched& watched = living_[instance.id];
  watched.instance = &instance;
  watched.needed = ground_.now();
  watched.deadline = ground_.now() + unseen_bound(ground_.options);
}

void Orphans::told(const core::Event& event) {
  if (const auto* identified = std::get_if<core::Identified>(&event)) {
    this->identified(identified->identity);
  } else if (std::holds_alternative<core::KeysChanged>(event)) {
    shut_ = true;
    named_ = in_doubt_ = false;
    // The answer that is under way may be about the former keys, and then it is asked once more.
    named_for_good_from_ = ground_.now() + 2 * SimCloud::kCallLimit;
    asks_again();
  } else if (std::holds_alternative<core::SettingsChanged>(event)) {
    follow_settings();
  } else if (const auto* probe = std::get_if<core::Probed>(&event)) {
    probed(*probe);
  } else if (const auto* listed = std::get_if<core::Listed>(&event)) {
    this->listed(listed->result);
  }
  for (const core::InstanceView& view : shown_by_launch(event)) seen(view);
}

void Orphans::credentials(bool others) {
  others_ = others;
  if (others) shut_ = true;
  asks_again();
}

void Orphans::identified(const core::CloudIdentity& identity) {
  asks_again();
  if (identity.account.empty()) {
    if (named_ && ground_.now() > named_for_good_from_) return;
    shut_ = in_doubt_ = true;
  } else if (!others_ && identity.account == SimCloud::kOurAccount) {
    named_ = true;
    opened();
  }
}

void Orphans::opened() {
  if (!std::exchange(shut_, false)) {
    open_from_ = std::min(open_from_, ground_.now());
    return;
  }
  // It may have to ask once more, when the answer was about former keys.
  open_from_ = ground_.now() + SimCloud::kCallLimit;
  for (auto& [id, watched] : living_) {
    if (watched.phase == Phase::kUnseen)
      trouble(watched, open_from_ + unseen_bound(ground_.options));
    if (watched.phase == Phase::kEnding) trouble(watched, open_from_ + kSlack);
  }
}

void Orphans::listed(const core::ListResult& result) {
  if (const auto* listing = std::get_if<core::Listing>(&result)) {
    if (shut_ && !in_doubt_) return;  // asked with former keys
    const core::Records& known = store_.durable();
    for (const core::InstanceView& view : listing->instances) {
      const bool proves = known.workers.contains(view.id) || known.attempts.contains(view.token);
      if (proves && shut_) opened();
    }
    if (shut_) return;  // none of ours: it is not believed
    for (const core::InstanceView& view : listing->instances) seen(view);
    return;
  }
  // It showed nothing; the next one does.
  for (auto& [id, watched] : living_) {
    if (watched.phase == Phase::kUnseen) {
      trouble(watched, ground_.now() + unseen_bound(ground_.options));
    }
  }
}

// Before it is ended as idle it is asked whether it computes.
Duration Orphans::idle_slack() const {
  const core::Settings& settings = ground_.options.settings;
  return kSlack + settings.alive_connect_limit + settings.probe_answer_limit;
}

// Somebody has had it computing until now, or all its places are taken.
void Orphans::in_use(Watched& watched) {
  watched.needed = ground_.now();
  watched.excused = Duration{0};
  watched.deadline = std::max(watched.deadline, ground_.now() + watched.idles + idle_slack());
  watched.idle_until = watched.deadline;
}

void Orphans::probed(const core::Probed& probe) {
  Watched* const watched = find(probe.worker);
  if (watched == nullptr) return;
  const core::Settings& settings = ground_.options.settings;
  const bool question = probe.kind == core::ProbeKind::kDserv;
  if (question) watched->asked = probe.outcome == core::ProbeOutcome::kAsked;
  if (watched->phase != Phase::kReady) return;
  const Life* const life = history_.life(probe.worker);
  const bool late = life->asked && ground_.now() - *life->asked > settings.probe_answer_limit;
  const Duration lost =
      settings.question_keep_alive * static_cast<int>(settings.question_keep_alive_max);
  const Duration unreachable = static_cast<int>(settings.alive_failures_max) *
                                   (settings.alive_interval + settings.alive_connect_limit) +
                               settings.quiet_interval + settings.unreachable_timeout +
                               idle_slack();
  switch (probe.outcome) {
    case core::ProbeOutcome::kReady:
      if (!question) return;
      if (late) return in_use(*watched);
      return trouble(*watched, ground_.now() + idle_slack());
    case core::ProbeOutcome::kAccepted:
      if (question && !late) return in_use(*watched);
      [[fallthrough]];
    case core::ProbeOutcome::kLost:
      return trouble(*watched, ground_.now() + 2 * lost + idle_slack());
    case core::ProbeOutcome::kRefused:
    case core::ProbeOutcome::kUnreachable:
      return trouble(*watched, ground_.now() + unreachable);
    default:
      return;
  }
}

void Orphans::seen(const core::InstanceView& view) {
  Watched* const watched = find(view.id);
  if (watched != nullptr && watched->phase == Phase::kUnseen) boots(*watched);
}

void Orphans::boots(Watched& watched) {
  judge(watched);
  watched.phase = Phase::kBooting;
  watched.taken_up = false;
  watched.may_boot = boot_bound(ground_.options.settings, watched.instance->pool);
  watched.deadline = ground_.now() + watched.may_boot + kSlack;
  watched.boot_until = watched.deadline;
}

void Orphans::decided(const std::vector<core::Change>& changes) {
  for (const core::Change& change : changes) {
    if (const auto* drop = std::get_if<core::DropLease>(&change)) given_back(drop->id);
    if (const auto* lease = std::get_if<core::LeaseRecord>(&change)) {
      leased_[lease->id] = lease->worker;
    }
    const auto* record = std::get_if<core::WorkerRecord>(&change);
    Watched* const watched = record != nullptr ? find(record->id) : nullptr;
    if (watched == nullptr) continue;
    switch (record->phase) {
      case core::WorkerPhase::kBooting:
        if (watched->phase != Phase::kBooting || std::exchange(watched->taken_up, true)) break;
        watched->deadline =
            ground_.now() +
            ground_.options.settings.pools.at(watched->instance->pool).launch_timeout + kSlack;
        watched->boot_until = watched->deadline;
        watched->may_boot = boot_bound(ground_.options.settings, watched->instance->pool);
        break;
      case core::WorkerPhase::kAdopting:
        // By a listing that nothing proves, where there was nothing to lose.
        if (watched->phase == Phase::kUnseen) boots(*watched);
        if (!std::exchange(watched->taken_up, true)) watched->needed = ground_.now();
        break;
      case core::WorkerPhase::kReady:
        ready(*watched, *record);
        break;
      case core::WorkerPhase::kTerminating:
        ends(*watched);
        break;
    }
  }
}

void Orphans::ready(Watched& watched, const core::WorkerRecord& record) {
  if (watched.phase == Phase::kReady || watched.phase == Phase::kEnding) return;
  judge(watched);
  watched.phase = Phase::kReady;
  watched.booted = record.boot.value_or(Duration{0});
  watched.idles = idle_bound(ground_.options.settings, watched.instance->pool, watched.booted);
  const core::Settings& settings = ground_.options.settings;
  watched.deadline =
      std::max(ground_.now() + watched.idles, started_ + settings.restart_grace) + idle_slack();
  watched.idle_until = watched.deadline;
}

// Idle times are counted anew from the latest use; a boot keeps the time that it was given.
void Orphans::follow_settings() {
  for (auto& [id, watched] : living_) {
    if (watched.phase != Phase::kReady) continue;
    const Duration before =
        std::exchange(watched.idles,
                      idle_bound(ground_.options.settings, watched.instance->pool, watched.booted));
    const Duration longer = watched.idles - before;
    watched.deadline = std::max(watched.deadline + longer, ground_.now() + idle_slack());
    if (watched.idle_until) *watched.idle_until += longer;
  }
}

void Orphans::touched(Watched& watched) {
  judge(watched);
  watched.needed = ground_.now();
  watched.excused = Duration{0};
  if (watched.phase != Phase::kReady) return;
  watched.deadline =
      std::max(ground_.now() + watched.idles, started_ + ground_.options.settings.restart_grace) +
      idle_slack();
  watched.idle_until = watched.deadline;
}

void Orphans::touched_by(const core::Request& request) {
  const auto* get = std::get_if<core::GetWorker>(&request);
  const auto* ping = std::get_if<core::Ping>(&request);
  for (auto& [id, watched] : living_) {
    const bool got = get != nullptr && watched.instance->pool == get->pool;
    const bool pinged = ping != nullptr && has_address(*watched.instance, ping->address);
    if (watched.phase == Phase::kReady && (got || pinged)) touched(watched);
  }
}

void Orphans::answered(CallerId caller, const core::Answer& answer) {
  refresh();
  std::set<std::string> addresses;
  bool unwritten = false;
  for (const core::WorkerAddress& worker : given_in(answer)) {
    addresses.insert(worker.address);
    unwritten = !worker.lease.none() && history_.commit_failing();
  }
  const auto waiting = history_.waiting().find(caller);
  if (waiting != history_.waiting().end() && std::holds_alternative<core::Ok>(answer)) {
    const auto* ping = std::get_if<core::Ping>(&waiting->second.request);
    if (ping != nullptr) addresses.insert(ping->address);
  }
  if (addresses.empty()) return;
  for (auto& [id, watched] : living_) {
    const bool meant =
        std::any_of(addresses.begin(), addresses.end(),
                    [&, &who = watched](auto& one) { return has_address(*who.instance, one); });
    if (!meant) continue;
    touched(watched);
    if (unwritten) leased_unwritten_.insert(id);
  }
}

// His question may lie in the queue before the news that he is gone.
void Orphans::hung_up(CallerId caller) {
  refresh();
  const auto waiting = history_.waiting().find(caller);
  if (waiting == history_.waiting().end()) return;
  const Duration ago = ground_.now() - waiting->second.since;
  if (ago <= ground_.options.batching) touched_by(waiting->second.request);
}

// The broker may have counted his use, and died before it could say so.
void Orphans::cut(CallerId caller) {
  refresh();
  const auto waiting = history_.waiting().find(caller);
  if (waiting != history_.waiting().end()) touched_by(waiting->second.request);
}

void Orphans::ends(Watched& watched) {
  if (watched.phase == Phase::kEnding) return;
  judge(watched);
  watched.phase = Phase::kEnding;
  watched.deadline = std::max(ground_.now(), open_from_) + kSlack;
}

void Orphans::terminate_called(const std::vector<InstanceId>& ids) {
  for (const InstanceId& id : ids) {
    if (Watched* const watched = find(id)) ends(*watched);
  }
}

void Orphans::terminate_wasted(const InstanceId& id) {
  Watched* const watched = find(id);
  if (watched == nullptr) return;
  judge(*watched);
  trouble(*watched, ground_.now() + ground_.options.settings.terminate_repeat + kSlack);
}

void Orphans::hidden(const Instance& instance, Moment until) {
  Watched* const watched = find(instance.id);
  if (watched == nullptr) return;
  watched->hidden_until = until;
  if (watched->phase == Phase::kUnseen) trouble(*watched, until + unseen_bound(ground_.options));
}

// Someone waits, and it may still become what he waits for.
bool Orphans::awaited(const Watched& watched) const {
  const bool rises = watched.phase == Phase::kUnseen || watched.phase == Phase::kBooting;
  return rises && ground_.now() <= watched.deadline && history_.waits_for(watched.instance->pool);
}

// Called before History takes note, so that who leaves just now still counts.
void Orphans::refresh() {
  for (auto& [id, watched] : living_) {
    if (!awaited(watched)) continue;
    watched.needed = ground_.now();
    watched.excused = Duration{0};
  }
}

void Orphans::ended(const Instance& instance) {
  const auto found = living_.find(instance.id);
  if (found == living_.end()) return;
  judge(found->second);
  if (awaited(found->second)) found->second.needed = ground_.now();
  if (blocked() || found->second.asked) trouble(found->second, ground_.now());
  report(found->second);
  living_.erase(found);
}

void Orphans::report(const Watched& watched) const {
  const Duration orphaned = ground_.now() - watched.needed;
  const Duration bound = orphan_bound(ground_.options, watched.instance->pool);
  ground_.tally.orphan({.seconds = static_cast<std::uint64_t>(orphaned / seconds{1}),
                        .seed = ground_.options.seed,
                        .cost = ec2_.cost(*watched.instance, watched.needed, ground_.now())});
  if (orphaned <= watched.excused || blocked()) return;  // EC2 ended it while nobody could
  ground_.tally.unexcused(
      {.seconds = static_cast<std::uint64_t>((orphaned - watched.excused) / seconds{1}),
       .bound = static_cast<std::uint64_t>(bound / seconds{1}),
       .seed = ground_.options.seed});
}

void Orphans::finished() {
  for (const auto& [id, watched] : living_) judge(watched);
}

}  // namespace cb::sim
