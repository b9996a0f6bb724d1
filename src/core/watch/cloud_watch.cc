#include "core/watch/cloud_watch.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/advice/cloud_error.h"

namespace cb::core {
namespace {

// EC2's word for: somebody with rights in the account ended it.
constexpr std::string_view kEndedByUser = "Client.UserInitiatedShutdown";

std::string how_it_stopped(const InstanceView& view) {
  const std::string by =
      view.state_reason_code == kEndedByUser ? " by somebody else through EC2" : "";
  return str("was stopped", by, " and serves nobody (EC2 says ", to_string(view.state),
             ", and bills its disk)");
}

const std::string& address_of(const InstanceView& view, const Serving& serving) {
  return serving.address == AddressKind::kPrivate ? view.private_address : view.public_address;
}

void shown_running(Worker& worker) {
  worker.state = InstanceState::kRunning;
  worker.confirmed = true;
}

}  // namespace

void CloudWatch::list_for(CallerId caller) {
  listers_.push_back(caller);
  if (!in_flight_) cloud_.want_listing = true;
}

void CloudWatch::forget(CallerId caller) {
  std::erase(listers_, caller);
  if (by_ids_) std::erase(by_ids_->listers, caller);
}

void CloudWatch::refuse_listers(const std::string& why) {
  for (const CallerId caller : std::exchange(listers_, {})) all_listers_.failed(caller, why);
}

void CloudWatch::schedule(bool hurry) {
  for (auto* ids : {&cloud_.to_terminate, &cloud_.refused_once}) {
    if (!ids->empty()) step_.act(TerminateInstances{region_, std::exchange(*ids, {})});
  }
  if ((!step_.cloud_open && !(account_.in_doubt() && cloud_.want_listing)) || in_flight_) {
    // What is wanted while one is in flight is wanted of a later one: the flag stays.
    return;
  }
  const Duration pace = hurry ? step_.settings.listing_fast : step_.settings.listing_slow;
  const Instant soonest = last_begun_ ? *last_begun_ + step_.settings.listing_fast : step_.now.boot;
  const bool wanted = cloud_.want_listing || due_ || !last_begun_;
  if (!wanted || step_.now.boot < soonest) {
    const Instant at = wanted ? soonest : std::max(*last_begun_ + pace, step_.now.boot);
    if (std::exchange(next_, at) != at) step_.timers.arm({TimerKind::kListing, region_}, at);
    return;
  }
  step_.timers.cancel({TimerKind::kListing, region_});
  next_.reset();
  due_ = cloud_.want_listing = false;
  in_flight_ = QueryId{step_.fresh_id()};
  last_begun_ = step_.now.boot;
  step_.act(ListInstances{*in_flight_, region_, ours()});
}

ListByTag CloudWatch::ours() const {
  return {step_.settings.name, step_.settings.adopt_untagged};
}

void CloudWatch::doubt_trouble() {
  // Whoever comes while EC2 is being asked is content with that answer.
  if (cloud_.trouble.empty() || !step_.cloud_open || cloud_.trouble_doubted) return;
  cloud_.trouble_doubted = true;
  doubted_ = step_.now.boot;
  const bool just_begun = in_flight_ && *last_begun_ >= *doubted_;
  if (!just_begun) cloud_.want_listing = true;
}

void CloudWatch::keys_changed() {
  of_former_keys_ = true;
  in_flight_.reset();
  if (by_ids_) listers_.insert(listers_.end(), by_ids_->listers.begin(), by_ids_->listers.end());
  by_ids_.reset();
}

void CloudWatch::keys_refused() {
  refuse_listers(step_.trouble_in(region_));
  trust_journal();
}

bool CloudWatch::listed(const Listed& answer) {
  if (by_ids_ && by_ids_->query == answer.query) {
    ByIds asked = std::move(*by_ids_);
    by_ids_.reset();
    by_ids(std::move(asked), answer.result);
    return true;
  }
  if (in_flight_ != answer.query) return false;
  in_flight_.reset();
  if (doubted_ && *last_begun_ >= *doubted_) {
    doubted_.reset();
    cloud_.trouble_doubted = false;
  }
  if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(*failure);
  } else {
    complete(std::get<Listing>(answer.result));
  }
  return true;
}

void CloudWatch::failed(const CloudFailure& failure) {
  cloud_.listing_failed = true;
  if (!failing_since_) failing_since_ = step_.now.boot;
  const std::string what = describe(failure, {.action = "DescribeInstances", .region = region_});
  const bool refused =
      failure.what == FailureClass::kDenied || failure.what == FailureClass::kBadConfig;
  const bool long_ago =
      step_.now.boot - *failing_since_ >= step_.settings.cloud_unreachable_patience;
  cloud_.doubt = str(step_.ec2_in(region_), " cannot be asked: ", what);
  if (std::exchange(of_former_keys_, false)) cloud_.trouble.clear();
  if (refused || long_ago) cloud_.trouble = cloud_.doubt;
  if (failing_how_ != failure.code) {
    failing_how_ = failure.code;
    step_.log(refused ? LogLevel::kAlert : LogLevel::kWarning, "cloud.trouble",
              str("the listing of ", step_.ec2_in(region_), " failed (", what,
                  "); asking again until it works"));
  }
  refuse_listers(cloud_.doubt);
  if (!cloud_.listed_once) trust_journal();
}

// Workers known from the journal are served on their own word while EC2 cannot be asked.
void CloudWatch::trust_journal() {
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.record.region != region_) continue;
    if (worker.confirmed || worker.record.phase != WorkerPhase::kReady) continue;
    workers_.update(worker, shown_running, Save::kLater);
  }
}

void CloudWatch::complete(const Listing& listing) {
  const bool recovered = failing_since_.has_value();
  cloud_.listing_failed = false;
  cloud_.doubt.clear();
  failing_since_.reset();
  failing_how_.clear();
  if (recovered) {
    step_.log(LogLevel::kInfo, "cloud.works", str(step_.ec2_in(region_), " answers again"));
    account_.identify();  // the credentials may have been exchanged for another account's
  }
  if (!step_.cloud_open && !account_.proved_by(listing, region_)) {
    if (const std::string& why = step_.trouble_in(region_); !why.empty()) refuse_listers(why);
    if (!cloud_.listed_once) trust_journal();
    return;
  }
  cloud_.trouble.clear();
  of_former_keys_ = false;
  std::set<InstanceId> seen;
  std::vector<const InstanceView*> unknown_ones;
  for (const InstanceView& view : listing.instances) {
    seen.insert(view.id);
    if (workers_.find(view.id) == nullptr) {
      unknown_ones.push_back(&view);
    } else {
      known(view);
    }
  }
  // Whether they are wanted depends on what became of the others.
  for (const InstanceView* view : unknown_ones) {
    unknown(*view);
    known(*view);
  }
  ask_for_missing(missing_from(seen), listing);
  launcher_.close_lost(region_, *last_begun_);
  cloud_.listed_once = true;
}

void CloudWatch::known(const InstanceView& view) {
  taken_over(view);
  if (const Worker* const worker = workers_.find(view.id)) update(*worker, view);
}

void CloudWatch::show(AllInstances& answer, const Listing& listing) const {
  for (const InstanceView& view : listing.instances) {
    if (view.state == InstanceState::kTerminated) continue;
    const auto worker = workers_.all().find(view.id);
    const PoolName pool{std::string(view.tag(kPoolTag))};
    const Serving serving =
        worker != workers_.all().end() ? worker->second.serving() : step_.serving(pool);
    answer.instances.push_back({view, address_of(view, serving)});
  }
}

void CloudWatch::answer_listers(const std::vector<CallerId>& listers, const AllInstances& answer) {
  for (const CallerId caller : listers) all_listers_.shown(caller, answer);
}

std::vector<InstanceId> CloudWatch::missing_from(const std::set<InstanceId>& seen) {
  std::vector<InstanceId> missing;
  for (const InstanceId& id : workers_.ids()) {
    const Worker& worker = *workers_.find(id);
    if (worker.record.region != region_ || seen.contains(id)) continue;
    if (!worker.ours) {
      workers_.remove(id, Leaving::kUnseen);
    } else {
      if (!worker.missing_since) worker.missing_since = step_.now.boot;
      missing.push_back(id);
    }
  }
  return missing;
}

// One question for all of them, at the pace of the listings.
void CloudWatch::ask_for_missing(std::vector<InstanceId> ids, const Listing& listing) {
  AllInstances shown;
  if (!listers_.empty()) show(shown, listing);
  if (ids.empty() || by_ids_) {
    return answer_listers(std::exchange(listers_, {}), shown);
  }
  by_ids_ = ByIds{QueryId{step_.fresh_id()}, std::move(ids), step_.now.boot, std::move(shown),
                  std::exchange(listers_, {})};
  step_.act(ListInstances{by_ids_->query, region_, ListByIds{by_ids_->ids}});
}

void CloudWatch::by_ids(ByIds asked, const ListResult& result) {
  const auto* listing = std::get_if<Listing>(&result);
  if (listing == nullptr) {  // asked again after the next listing
    return answer_listers(asked.listers, asked.shown);
  }
  std::set<InstanceId> seen;
  for (const InstanceView& view : listing->instances) {
    seen.insert(view.id);
    taken_over(view);
    const Worker* const worker = workers_.find(view.id);
    if (worker == nullptr) continue;
    tag_lost(*worker, view);
    update(*worker, view);
  }
  for (const InstanceId& id : asked.ids) {
    if (!seen.contains(id)) not_known(id, asked.begun);
  }
  if (asked.listers.empty()) return;
  show(asked.shown, *listing);
  answer_listers(asked.listers, asked.shown);
}

// Too young to be seen, or left out for a moment, is not gone.
void CloudWatch::not_known(const InstanceId& id, Instant asked) {
  const Worker* const worker = workers_.find(id);
  if (worker == nullptr || !worker->missing_since) return;  // a listing has shown it meanwhile
  if (asked - worker->record.begun < step_.settings.not_visible_grace) return;
  if (asked - *worker->missing_since < step_.settings.missing_grace) return;
  terminations_.gone(id, {}, "EC2 no longer knows it", Leaving::kUnseen);
}

void CloudWatch::tag_lost(const Worker& worker, const InstanceView& view) {
  const bool ends =
      view.state == InstanceState::kShuttingDown || view.state == InstanceState::kTerminated;
  if (ends || view.tag(kBrokerTag) == step_.settings.name) return;
  if (std::exchange(worker.tag_lost_told, true)) return;
  const std::string_view value = view.tag(kBrokerTag);
  step_.log(LogLevel::kWarning, "worker.tag_lost", about(worker.record),
            str("worker ", view.id.value, value.empty() ? " has lost its tag " : " has in its tag ",
                kBrokerTag, value.empty() ? "" : str(" another name, ", value),
                ": it stays ours, and is asked for by its id; put the tag back: aws ec2 ",
                "create-tags --resources ", view.id.value, " --tags Key=", kBrokerTag,
                ",Value=", step_.settings.name));
}

void CloudWatch::taken_over(const InstanceView& view) {
  const Worker* const worker = workers_.find(view.id);
  if (worker == nullptr || !worker->ours) return;
  claims_.look_for_rival(view);
  const bool ends = worker->record.phase == WorkerPhase::kTerminating || worker->end_confirmed;
  if (ends || !claims_.lost(*worker, view)) return;
  step_.log(LogLevel::kAlert, "worker.taken_over", about(worker->record),
            str("worker ", view.id.value, " was taken over by another broker named ",
                step_.settings.name, " while this one was silent (", view.tag(kOwnerTag),
                "): no longer handed out; give one of them another name"));
  terminations_.gone(view.id, {}, "was taken over by another broker of this name",
                     Leaving::kUnseen);
}

void CloudWatch::update(const Worker& worker, const InstanceView& view) {
  worker.missing_since.reset();
  switch (view.state) {
    case InstanceState::kPending:
      // A listing may be older than what is known already: nothing goes back to pending.
      return;
    case InstanceState::kRunning:
      running(worker, view);
      return;
    case InstanceState::kStopping:
    case InstanceState::kStopped:
      stopped(worker, view);
      return;
    case InstanceState::kShuttingDown:
      ending(worker, view);
      return;
    case InstanceState::kTerminated: {
      const InstanceId id = view.id;
      ending(worker, view);
      if (workers_.find(id)->ours) {
        terminations_.gone(id, view.ended, "EC2 says terminated", Leaving::kTerminated);
      } else {
        workers_.remove(id, Leaving::kTerminated);
      }
      return;
    }
  }
}

void CloudWatch::stopped(const Worker& worker, const InstanceView& view) {
  const bool was_booting = worker.record.phase == WorkerPhase::kBooting;
  terminations_.end(worker, how_it_stopped(view), LogLevel::kWarning);
  if (was_booting) launcher_.taken_away(worker, "was stopped by somebody while it booted");
}

void CloudWatch::running(const Worker& worker, const InstanceView& view) {
  const WorkerRecord& record = worker.record;
  if (record.phase == WorkerPhase::kTerminating) return;
  const bool wants_private = worker.serving().address == AddressKind::kPrivate;
  const std::string& address = address_of(view, worker.serving());
  if (!worker.running_since) worker.running_since = step_.now.boot;
  if (worker.ours && !std::exchange(worker.claimed, true)) claims_.take(record.id);
  const bool moved = !address.empty() && address != record.address;
  // Of an instance that was stopped and started EC2 gives the latest start: it was launched before.
  const bool dated = view.launched && (!record.launched || *view.launched < *record.launched);
  const bool zoned = !view.zone.empty() && view.zone != record.zone;
  if (moved) {
    probes_.moved(worker);
    say_moved(worker, address);
  }
  if (worker.state != InstanceState::kRunning || !worker.confirmed || moved || dated || zoned) {
    const auto shown = [&](Worker& mine) {
      shown_running(mine);
      if (moved) mine.record.address = address;
      if (dated) mine.record.launched = view.launched;
      if (zoned) mine.record.zone = view.zone;
    };
    workers_.update(worker, shown, moved || dated ? Save::kNow : Save::kLater);
    if (dated && worker.ours) step_.save(workers_.ledger_line(worker));
  }
  if (!record.address.empty()) {
    probes_.start(worker);
  } else if (step_.now.boot - *worker.running_since >= step_.settings.address_grace) {
    const CloudFailure failure{
        FailureClass::kBadConfig, std::string(kNoAddress),
        str("it runs without a ", wants_private ? "private" : "public", " address; set [pool.",
            record.pool.value, "] subnet to one that assigns addresses, or address = ",
            wants_private ? "\"public\"" : "\"private\"")};
    const bool launched = record.phase == WorkerPhase::kBooting;
    terminations_.end(worker, failure.message, LogLevel::kAlert);
    if (launched) launcher_.boot_failed(worker, failure);
  }
}

// It has another address than before: it was stopped and started behind our back, and its service
// boots anew.
void CloudWatch::say_moved(const Worker& worker, const std::string& address) {
  const WorkerRecord& record = worker.record;
  if (record.address.empty() || record.phase != WorkerPhase::kReady) return;
  step_.log(LogLevel::kWarning, "worker.moved", about(record),
            str("worker ", record.id.value, " was at ", record.address, " and is now at ", address,
                ": somebody stopped and started it; handed out when it answers"));
}

void CloudWatch::ending(const Worker& worker, const InstanceView& view) {
  if (!worker.end_confirmed) {
    workers_.update(
        worker, [](Worker& mine) { mine.end_confirmed = true; }, Save::kLater);
  }
  if (view.ended) {
    worker.seen_ended = view.ended;
  } else if (!worker.seen_ended) {
    worker.seen_ended = step_.now.wall;
  }
  if (worker.record.phase == WorkerPhase::kTerminating) return;
  const bool was_booting = worker.record.phase == WorkerPhase::kBooting;
  const std::string why = how_it_ended(view.state_reason_code, view.state_reason);
  terminations_.ends_by_itself(worker, why);
  if (was_booting && view.state_reason_code == kEndedByUser) {
    launcher_.taken_away(worker, "was terminated by somebody while it booted");
  } else if (was_booting) {
    launcher_.boot_failed(
        worker,
        {classify(view.state_reason_code, 0),
         view.state_reason_code.empty() ? "ended while booting" : view.state_reason_code, why});
  }
}

}  // namespace cb::core
