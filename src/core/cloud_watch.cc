#include "core/cloud_watch.h"

#include <algorithm>

#include "base/text.h"
#include "core/cloud_advice.h"
#include "core/cloud_error.h"
#include "core/planted.h"

namespace cb::core {

void CloudWatch::list_for(CallerId caller) {
  if (!desk_.cloud_open && !desk_.cloud_trouble.empty()) {
    desk_.act(Reply{caller, CommandFailed{desk_.cloud_trouble}});
    return;
  }
  listers_.push_back(caller);
  if (planted(Bug::kListPerCaller)) {
    desk_.act(ListInstances{QueryId{desk_.fresh_id()}, ListByTag{}});
  }
  if (!in_flight_) desk_.want_listing = true;
}

void CloudWatch::forget(CallerId caller) {
  std::erase(listers_, caller);
}

void CloudWatch::refuse_listers(const std::string& why) {
  for (const CallerId caller : listers_) desk_.act(Reply{caller, CommandFailed{why}});
  listers_.clear();
}

void CloudWatch::schedule(bool hurry) {
  const bool in_doubt = keys_ == Keys::kInDoubt && !desk_.cloud_open;
  if ((!desk_.cloud_open && !(in_doubt && desk_.want_listing)) || in_flight_) {
    // What is wanted while one is in flight is wanted of a later one: the flag stays.
    return;
  }
  const bool fast = hurry || planted(Bug::kListsForEver);
  Duration pace = fast ? desk_.settings.listing_fast : desk_.settings.listing_slow;
  if (planted(Bug::kNoSlowListing) && !fast) pace = hours{24};
  const Instant soonest = last_begun_ ? *last_begun_ + desk_.settings.listing_fast : desk_.now.boot;
  const bool wanted = desk_.want_listing || due_ || !last_begun_;
  if (!wanted || desk_.now.boot < soonest) {
    desk_.agenda.arm({TimerKind::kListing, ""},
                     wanted ? soonest : std::max(*last_begun_ + pace, desk_.now.boot));
    return;
  }
  desk_.agenda.cancel({TimerKind::kListing, ""});
  due_ = desk_.want_listing = false;
  in_flight_ = QueryId{desk_.fresh_id()};
  last_begun_ = desk_.now.boot;
  desk_.act(ListInstances{*in_flight_, ListByTag{}});
}

void CloudWatch::listed(const Listed& answer) {
  const auto asked = std::find_if(by_id_.begin(), by_id_.end(),
                                  [&](const ById& q) { return q.query == answer.query; });
  if (asked != by_id_.end()) {
    const InstanceId id = asked->id;
    by_id_.erase(asked);
    by_id(id, answer.result);
    return;
  }
  if (in_flight_ != answer.query) return;
  in_flight_.reset();
  if (const auto* failure = std::get_if<CloudFailure>(&answer.result)) {
    failed(*failure);
  } else {
    complete(std::get<Listing>(answer.result));
  }
}

void CloudWatch::failed(const CloudFailure& failure) {
  desk_.listing_failed = true;
  if (!failing_since_) failing_since_ = desk_.now.boot;
  const std::string what =
      describe(failure, {.action = "DescribeInstances", .region = desk_.settings.region});
  const bool refused =
      failure.what == FailureClass::kDenied || failure.what == FailureClass::kBadConfig;
  const bool long_ago =
      desk_.now.boot - *failing_since_ >= desk_.settings.cloud_unreachable_patience;
  desk_.cloud_doubt = str("EC2 cannot be asked: ", what);
  if (refused || long_ago) desk_.cloud_trouble = desk_.cloud_doubt;
  if (failing_how_ != failure.code) {
    failing_how_ = failure.code;
    desk_.log(refused ? LogLevel::kAlert : LogLevel::kWarning, "cloud.trouble",
              str("EC2's listing failed (", what, "); asking again until it works"));
  }
  refuse_listers(desk_.cloud_doubt);
  if (!desk_.listed_once) trust_journal();
}

// Workers known from the journal are served on their own word while EC2 cannot be asked.
void CloudWatch::trust_journal() {
  for (const InstanceId& id : workers_.ids()) {
    Worker& worker = *workers_.find(id);
    if (worker.confirmed || worker.record.phase != WorkerPhase::kReady) continue;
    worker.confirmed = true;
    worker.state = InstanceState::kRunning;
    workers_.changed(worker, false);
  }
}

void CloudWatch::complete(const Listing& listing) {
  if (!desk_.cloud_open) {
    if (!proves_account(listing)) return not_believed();
    keys_ = Keys::kConfirmed;
    go_on();
  }
  const bool recovered = failing_since_.has_value();
  desk_.listing_failed = false;
  desk_.cloud_trouble.clear();
  desk_.cloud_doubt.clear();
  failing_since_.reset();
  failing_how_.clear();
  if (recovered) {
    desk_.log(LogLevel::kInfo, "cloud.works", "EC2 answers again");
    identify();  // the credentials may have been exchanged for another account's
  }
  std::set<InstanceId> seen;
  for (const InstanceView& view : listing.instances) {
    seen.insert(view.id);
    if (workers_.find(view.id) == nullptr) unknown(view);
    if (Worker* const worker = workers_.find(view.id)) update(*worker, view);
  }
  look_for_missing(seen);
  launcher_.close_lost(*last_begun_);
  desk_.listed_once = true;
  answer_listers(listing);
}

void CloudWatch::answer_listers(const Listing& listing) {
  if (listers_.empty()) return;
  AllInstances answer;
  for (const InstanceView& view : listing.instances) {
    if (view.state != InstanceState::kTerminated) answer.instances.push_back(view);
  }
  for (const CallerId caller : listers_) desk_.act(Reply{caller, answer});
  listers_.clear();
}

void CloudWatch::look_for_missing(const std::set<InstanceId>& seen) {
  for (const InstanceId& id : workers_.ids()) {
    Worker& worker = *workers_.find(id);
    if (seen.contains(id)) continue;
    if (!worker.ours) {
      workers_.remove(id, Leaving::kUnseen);
      continue;
    }
    if (planted(Bug::kSweepWithoutGrace)) {
      endings_.gone(id, {}, "EC2's listing does not show it", Leaving::kTerminated);
      continue;
    }
    if (*last_begun_ - worker.record.begun < desk_.settings.not_visible_grace) continue;
    if (!worker.missing_since) {
      worker.missing_since = desk_.now.boot;
      continue;
    }
    if (worker.asked_by_id || *last_begun_ - *worker.missing_since < desk_.settings.missing_grace) {
      continue;
    }
    worker.asked_by_id = true;
    by_id_.push_back({QueryId{desk_.fresh_id()}, id});
    desk_.act(ListInstances{by_id_.back().query, ListById{id}});
  }
}

void CloudWatch::by_id(const InstanceId& id, const ListResult& result) {
  Worker* const worker = workers_.find(id);
  if (worker == nullptr) return;
  worker->asked_by_id = false;
  const auto* listing = std::get_if<Listing>(&result);
  if (listing == nullptr) return;  // asked again after the next listing
  for (const InstanceView& view : listing->instances) {
    if (view.id != id) continue;
    update(*worker, view);
    return;
  }
  if (!worker->missing_since) return;  // a listing has shown it meanwhile
  endings_.gone(id, {}, "EC2 no longer knows it", Leaving::kUnseen);
}

void CloudWatch::update(Worker& worker, const InstanceView& view) {
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
      endings_.end(worker, str("is ", to_string(view.state), " and serves nobody"),
                   LogLevel::kWarning);
      return;
    case InstanceState::kShuttingDown:
      ending(worker, view);
      return;
    case InstanceState::kTerminated: {
      const InstanceId id = view.id;
      ending(worker, view);
      if (workers_.find(id)->ours) {
        endings_.gone(id, view.ended, "EC2 says terminated", Leaving::kTerminated);
      } else {
        workers_.remove(id, Leaving::kTerminated);
      }
      return;
    }
  }
}

void CloudWatch::running(Worker& worker, const InstanceView& view) {
  WorkerRecord& record = worker.record;
  if (record.phase == WorkerPhase::kTerminating) {
    if (planted(Bug::kEndsAtEveryListing)) endings_.repeat(record.id);
    return;
  }
  const PoolSettings* const pool = desk_.pool(record.pool);
  const bool wants_private = pool != nullptr && pool->address == AddressKind::kPrivate;
  const std::string& address = wants_private ? view.private_address : view.public_address;
  if (!worker.running_since) worker.running_since = desk_.now.boot;
  const bool moved = !address.empty() && address != record.address;
  const bool dated = view.launched && view.launched != record.launched;
  if (moved) record.address = address;
  if (dated) record.launched = view.launched;
  if (!view.zone.empty()) record.zone = view.zone;
  if (worker.state != InstanceState::kRunning || !worker.confirmed || moved || dated) {
    worker.state = InstanceState::kRunning;
    worker.confirmed = true;
    workers_.changed(worker, moved || dated);
    if (dated && worker.ours) desk_.save(workers_.ledger_line(worker));
  }
  if (!record.address.empty()) {
    probes_.start(worker);
  } else if (desk_.now.boot - *worker.running_since >= desk_.settings.address_grace) {
    const CloudFailure failure{
        FailureClass::kBadConfig, "no address",
        str("it runs without a ", wants_private ? "private" : "public", " address; set [pool.",
            record.pool.value, "] subnet to one that assigns addresses, or address = ",
            wants_private ? "\"public\"" : "\"private\"")};
    const bool launched = record.phase == WorkerPhase::kBooting;
    endings_.end(worker, failure.message, LogLevel::kAlert);
    if (launched) launcher_.boot_failed(worker, failure);
  }
}

void CloudWatch::ending(Worker& worker, const InstanceView& view) {
  if (!worker.end_confirmed) {
    worker.end_confirmed = true;
    workers_.changed(worker, false);
  }
  if (view.ended) {
    worker.seen_ended = view.ended;
  } else if (!worker.seen_ended) {
    worker.seen_ended = desk_.now.wall;
  }
  if (worker.record.phase == WorkerPhase::kTerminating) return;
  const bool was_booting = worker.record.phase == WorkerPhase::kBooting;
  const std::string why =
      str("was ended by EC2", view.state_reason_code.empty() ? "" : ": ", view.state_reason_code,
          view.state_reason.empty() ? "" : ", ", view.state_reason);
  endings_.ends_by_itself(worker, why);
  if (was_booting) {
    launcher_.boot_failed(
        worker,
        {classify(view.state_reason_code, 0),
         view.state_reason_code.empty() ? "ended while booting" : view.state_reason_code, why});
  }
}

}  // namespace cb::core
