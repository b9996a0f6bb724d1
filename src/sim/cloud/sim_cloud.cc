#include "sim/cloud/sim_cloud.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.h"

namespace cb::sim {
namespace {

using core::CloudFailure;
using core::FailureClass;
using core::InstanceState;

constexpr std::string_view kStrangersAccount = "999999999999";

core::LaunchOutcomeUnknown unknown(const char* code) {
  return {{FailureClass::kUnknownOutcome, code, "no answer came"}};
}

}  // namespace

CloudFailure not_sent() {
  return {FailureClass::kUnreachable, "keys changed", "not sent with keys that nobody knows"};
}

CloudFailure may_not(const char* what) {
  return {FailureClass::kDenied, "UnauthorizedOperation", str("you may not do ", what)};
}

SimCloud::SimCloud(Ground& ground, Ec2& ec2, Mailbox& mailbox, Crasher& crasher,
                   const SimStore& store)
    : ground_(ground),
      ec2_(ec2),
      mailbox_(mailbox),
      crasher_(crasher),
      store_(store),
      prng_(stream(ground.options.seed, "cloud")) {
  for (const Moment when : ground_.schedule.times(Fault::kListingOmits)) {
    ground_.heap.at(when, [this] { omit_one(); });
  }
  for (const Moment when : ground_.schedule.times(Fault::kKeysRenewed)) {
    ground_.heap.at(when, [this] { renew_keys(); });
  }
  if (ground_.options.dose_of(Fault::kKeysSwapped) != 0) end_of_swap();
}

void SimCloud::renew_keys() {
  if (ground_.schedule.healed()) return;
  ground_.tally.count(Fault::kKeysRenewed);
  ++keys_;
}

bool SimCloud::would_notice_another_account() const {
  const core::Records& records = store_.durable();
  const bool holds_something = !records.workers.empty() || !records.attempts.empty();
  return holds_something && records.broker && !records.broker->account.empty();
}

void SimCloud::begin_with(bool other_account) {
  begun_with_other_ = other_account;
  known_keys_.reset();
  told_of_keys_ = 0;
}

void SimCloud::mend_account() {
  begun_with_other_ = false;
  use_keys(false);
}

// Theirs are gone when they are gone, whether or not anybody asks.
void SimCloud::end_of_swap() {
  const bool swapped = ground_.schedule.holds(Fault::kKeysSwapped, ground_.now());
  if (others_ && !begun_with_other_ && !swapped) use_keys(false);
  if (ground_.schedule.healed()) return;
  ground_.after(minutes{1}, [this] { end_of_swap(); });
}

void SimCloud::use_keys(bool others) {
  if (others == others_) return;
  others_ = others;
  ++keys_;
  ground_.timeline.note("keys    are ", others ? "another account's" : "ours");
  ground_.tell([&](Watcher& watcher) { watcher.credentials(others); });
}

void SimCloud::look_at_keys() {
  // Not while the journal is behind: only the process knows then what it holds. Nor when it holds
  // launches alone, which it gives up while it waits.
  const bool noticed =
      would_notice_another_account() && !store_.behind() && !store_.durable().workers.empty();
  use_keys(begun_with_other_ || (noticed && ground_.holds(Fault::kKeysSwapped)));
  if (!known_keys_) known_keys_ = keys_;
  if (keys_ == *known_keys_ || keys_ == told_of_keys_) return;
  told_of_keys_ = keys_;
  mailbox_.deliver_after(Duration{0}, core::KeysChanged{});
}

bool SimCloud::may_sign() {
  look_at_keys();
  return keys_ == *known_keys_;
}

// What EC2 as a whole answers at the moment, whatever was asked.
SimCloud::Failure SimCloud::trouble() {
  if (ground_.holds(Fault::kDenied)) {
    return CloudFailure{FailureClass::kDenied, "UnauthorizedOperation", "you may not do this"};
  }
  const auto mostly = [&](Fault fault) {
    const bool met = ground_.would_hold(fault) && prng_.chance(70);
    if (met) ground_.met(fault);
    return met;
  };
  if (mostly(Fault::kThrottle)) {
    return CloudFailure{FailureClass::kThrottle, "RequestLimitExceeded", "slow down"};
  }
  if (mostly(Fault::kUnexpected)) {
    return CloudFailure{FailureClass::kUnexpected, "SomethingNew", "never heard of"};
  }
  return {};
}

void SimCloud::identify(const core::Identify&) {
  look_at_keys();
  ground_.tell([](Watcher& watcher) { watcher.identify_called(); });
  core::CloudIdentity identity{std::string(others_ ? kStrangersAccount : kOurAccount)};
  if (ground_.strikes(Fault::kStsDown)) identity.account.clear();
  // In two statements: a compiler may draw the operands of a sum in either order.
  const Duration there = travel();
  mailbox_.when_alive(there + thinking(), [this, identity, keys = keys_] {
    known_keys_ = keys;
    told_of_keys_ = 0;
    mailbox_.deliver(core::Identified{identity});
  });
}

void SimCloud::launch(const core::LaunchInstance& what) {
  crasher_.reached(CrashPoint::kBeforeLaunch);
  if (!may_sign()) {
    return mailbox_.deliver_after(Duration{0},
                                  core::LaunchAnswered{what.token, what.region, not_sent()});
  }
  // Read once: those who judge the call and EC2 itself all look at it.
  const auto form = std::make_shared<const LaunchForm>(read_launch(what.request));
  const PoolName pool{form->tag(core::kPoolTag)};
  ground_.timeline.note("launch  ", what.token.value, " ", form->type, " ",
                        to_string(form->market));
  ground_.timeline.fold(what.region, what.request);
  ground_.tell([&](Watcher& watcher) {
    watcher.launch_called({what.token, pool, what.request, *form, what.region});
  });
  const auto answer = [this, token = what.token, region = what.region](core::LaunchResult result) {
    mailbox_.deliver(core::LaunchAnswered{token, region, std::move(result)});
  };
  if (cut_off(what.region)) {
    mailbox_.when_alive(seconds{3}, [answer] {
      answer(CloudFailure{FailureClass::kUnreachable, "connect", "no route to EC2"});
    });
  } else if (ground_.strikes(Fault::kLaunchNotMade)) {
    mailbox_.when_alive(prng_.between(seconds{1}, kCallLimit),
                        [answer] { answer(unknown("reset")); });
  } else if (ground_.would_strike(Fault::kLaunchLate)) {
    ground_.after(prng_.between(kCallLimit, kLatestEffect), [this, what, form] {
      if (refused_.contains(what.token)) return;
      const core::LaunchResult made = reach_launch(what, *form);
      if (std::holds_alternative<core::Launched>(made)) ground_.met(Fault::kLaunchLate);
    });
    mailbox_.when_alive(kCallLimit, [answer] { answer(unknown("timeout")); });
  } else {
    // The effect does not depend on whether the asker lives to hear of it.
    ground_.after(travel(), [this, what, form] { answer_launch(what, reach_launch(what, *form)); });
  }
  crasher_.reached(CrashPoint::kAfterLaunch);
}

core::LaunchResult SimCloud::reach_launch(const core::LaunchInstance& what,
                                          const LaunchForm& form) {
  if (auto failure = trouble()) return *failure;
  const bool again = !asked_before_.insert(what.token).second;
  if (again && ground_.strikes(Fault::kTokenMismatch)) {
    return CloudFailure{FailureClass::kTokenMismatch, "IdempotentParameterMismatch",
                        "the token was used with other parameters"};
  }
  auto made = ec2_.launch(what.request, form, what.region);
  if (auto* failure = std::get_if<CloudFailure>(&made)) {
    refused_.insert(what.token);
    return *failure;
  }
  const Instance& instance = *std::get<const Instance*>(made);
  const bool newborn = instance.born == ground_.now();
  if (newborn && ground_.would_strike(Fault::kNewbornHidden)) {
    // Mostly while its tags are on their way; now and then past every patience.
    omit(instance,
         prng_.chance(10) ? prng_.between(minutes{9}, minutes{14})
                          : prng_.between(seconds{20}, minutes{3}),
         Fault::kNewbornHidden);
  }
  return core::Launched{{*ec2_.view(instance, ground_.now())}};
}

void SimCloud::answer_launch(const core::LaunchInstance& what, core::LaunchResult result) {
  Duration delay = thinking();
  if (ground_.strikes(Fault::kLaunchAnswerLost)) {
    result = unknown("timeout");
    delay = prng_.between(seconds{1}, kCallLimit);
  } else if (ground_.strikes(Fault::kAnswerLate)) {
    delay = prng_.between(seconds{1}, kCallLimit - seconds{1});
  }
  const core::LaunchAnswered answer{what.token, what.region, std::move(result)};
  mailbox_.deliver_after(delay, answer);
  // Only good news comes twice: a refusal is the answer to one call, and nobody reads it again.
  if (std::holds_alternative<core::Launched>(answer.result) &&
      ground_.strikes(Fault::kAnswerTwice)) {
    mailbox_.deliver_after(delay + prng_.between(seconds{0}, seconds{40}), answer);
  }
}

void SimCloud::list(const core::ListInstances& what) {
  if (!may_sign()) {
    return mailbox_.deliver_after(Duration{0}, core::Listed{what.query, not_sent()});
  }
  const auto* by_ids = std::get_if<core::ListByIds>(&what.what);
  ground_.timeline.fold("list", what.query.value);
  if (by_ids != nullptr) {
    for (const InstanceId& id : by_ids->ids) ground_.timeline.fold(id.value);
  }
  ground_.tell([&](Watcher& watcher) { watcher.listing_called(what); });
  if (cut_off(what.region)) {
    mailbox_.deliver_after(
        seconds{3}, core::Listed{what.query, CloudFailure{FailureClass::kUnreachable, "connect",
                                                          "no route to EC2"}});
  } else if (ground_.strikes(Fault::kListingFails)) {
    mailbox_.deliver_after(prng_.between(seconds{1}, kCallLimit),
                           core::Listed{what.query, CloudFailure{FailureClass::kUnknownOutcome,
                                                                 "InternalError", "HTTP 500"}});
  } else {
    const Duration there = travel();
    const bool late = ground_.strikes(Fault::kListingLate);
    const Duration back = late ? prng_.between(seconds{1}, seconds{25}) : thinking();
    mailbox_.when_alive(there, [this, what, back, others = others_] {
      mailbox_.deliver_after(back, core::Listed{what.query, reach_list(what, others)});
    });
  }
  crasher_.reached(CrashPoint::kAfterListing);
}

// In the other account as well somebody has machines of that name.
core::Listing SimCloud::others_listing() const {
  core::InstanceView theirs;
  theirs.id = {"i-999999"};
  theirs.state = InstanceState::kRunning;
  theirs.type = "c7i.16xlarge";
  theirs.public_address = "203.0.113.9";
  theirs.private_address = "10.9.9.9";
  theirs.launched = Clock::calendar(Moment{});
  theirs.token = {"cb-elsewhere-1"};
  theirs.tags = {{std::string(core::kNameTag), std::string(core::kNameTagValue)}};
  return core::Listing{{theirs}};
}

core::ListResult SimCloud::reach_list(const core::ListInstances& asked, bool others) {
  if (auto failure = trouble()) return *failure;
  if (ground_.holds(Fault::kListingsDenied)) return may_not("ec2:DescribeInstances");
  const core::ListQuery& what = asked.what;
  if (others) return others_listing();
  Moment as_of = ground_.now();
  if (ground_.would_strike(Fault::kListingStale)) {
    as_of -= prng_.between(Duration{0}, ground_.options.staleness);
    if (ec2_.changed_since(as_of)) ground_.met(Fault::kListingStale);
  }
  core::Listing listing;
  if (const auto* by_ids = std::get_if<core::ListByIds>(&what)) {
    for (const InstanceId& id : by_ids->ids) {
      const Instance* instance = find(id, asked.region);
      auto view = instance != nullptr ? ec2_.view(*instance, as_of) : std::nullopt;
      if (view) listing.instances.push_back(std::move(*view));
    }
    return listing;
  }
  listing.instances = ec2_.tagged(std::get<core::ListByTag>(what), asked.region, as_of);
  if (!omitted_.empty()) {
    std::erase_if(listing.instances, [&](const core::InstanceView& view) {
      const auto found = omitted_.find(view.id);
      const bool left_out = found != omitted_.end() && ground_.now() < found->second.until;
      if (left_out) ground_.met(found->second.why);
      return left_out;
    });
  }
  return listing;
}

void SimCloud::omit_one() {
  if (ground_.schedule.healed()) return;
  for (const Instance& instance : ec2_.all()) {
    // An index of tags that lags is one of machines that are not quite new.
    const bool old_enough = ground_.now() - instance.born > minutes{2} + kCallLimit;
    if (!ours(instance) || !instance.alive() || !old_enough) continue;
    // What the journal does not know (any longer), nobody could ask for by its id.
    if (!store_.durable().workers.contains(instance.id)) continue;
    omit(instance, prng_.between(seconds{5}, seconds{100}), Fault::kListingOmits);
    return;
  }
}

void SimCloud::omit(const Instance& instance, Duration time, Fault why) {
  const Moment until = ground_.now() + time;
  omitted_[instance.id] = {until, why};
  hidden_until_ = std::max(hidden_until_, until);
  ground_.tell([&](Watcher& watcher) { watcher.hidden(instance, until); });
}

}  // namespace cb::sim
