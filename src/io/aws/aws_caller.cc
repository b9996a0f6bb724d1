#include "io/aws/aws_caller.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <random>
#include <set>
#include <utility>

#include "base/back_off.h"
#include "base/prng.h"
#include "base/text.h"
#include "core/advice/cloud_error.h"
#include "io/aws/aws_signed_request.h"
#include "io/net/http_client.h"
#include "wire/ec2_request.h"
#include "wire/ec2_response.h"

namespace cb::io {
namespace {

using core::CloudFailure;
using core::FailureClass;
using Clock = std::chrono::steady_clock;

// A call whose signature is refused for its time so often has another trouble.
constexpr int kClockCorrectionsMax = 3;

WallTime wall_now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

// Lives as long as a handler on `context` may still look for it; handlers hold it weakly.
class AwsCaller::Calls : public std::enable_shared_from_this<Calls> {
  struct Call {
    Call(boost::asio::io_context& context, AwsCall w, Callback d)
        : what(std::move(w)), done(std::move(d)), timer(context) {}
    const AwsCall what;
    Callback done;
    boost::asio::steady_timer timer;
    Clock::time_point deadline;
    int repeats = 0;
    Duration skew{0};  // that the last attempt was signed with
    int clock_corrections = 0;
    bool keys_renewed = false;
    wire::AwsKeys keys;         // that the last attempt was signed with
    std::string key_of_caller;  // the access key that was known when it began; empty: none yet
  };
  using CallPtr = std::shared_ptr<Call>;

  // A handler that goes on with `call`, unless the caller has been destroyed meanwhile.
  auto step(const CallPtr& call, void (Calls::*next)(const CallPtr&)) {
    return [weak = weak_from_this(), call, next] {
      const auto self = weak.lock();
      if (self && self->under_way_.contains(call)) ((*self).*next)(call);
    };
  }

 public:
  Calls(boost::asio::io_context& context, AwsCredentials& credentials, port::LogSink& log,
        AwsSetup given_setup, AwsCallSettings settings)
      : setup(std::move(given_setup)),
        context_(context),
        credentials_(credentials),
        log_(log),
        settings_(settings),
        repeats_max_(setup.attempts_max.value_or(settings.repeats_max + 1) - 1),
        reads_(settings.reads),
        launches_(settings.launches),
        terminations_(settings.terminations),
        tags_(settings.tags),
        identifications_(settings.identifications),
        http_(context),
        prng_(random_seed()) {}

  void begin(AwsCall what, Callback done) {
    auto call = std::make_shared<Call>(context_, std::move(what), std::move(done));
    call->deadline = Clock::now() + settings_.whole_limit;
    call->key_of_caller = known_key_;
    under_way_.insert(call);
    boost::asio::post(context_, step(call, &Calls::wait_for_turn));
  }

  void abandon() {
    for (const auto& call : under_way_) call->timer.cancel();
    under_way_.clear();
  }

  void when_keys_change(std::function<void()> told) { tell_keys_changed_ = std::move(told); }

  const AwsSetup setup;

 private:
  void after(const CallPtr& call, Duration wait, void (Calls::*next)(const CallPtr&)) {
    call->timer.expires_after(wait);
    call->timer.async_wait([go = step(call, next)](boost::system::error_code error) {
      if (!error) go();
    });
  }

  TokenBucket& bucket(AwsCallKind kind) {
    switch (kind) {
      case AwsCallKind::kLaunch:
        return launches_;
      case AwsCallKind::kTerminate:
        return terminations_;
      case AwsCallKind::kTag:
        return tags_;
      case AwsCallKind::kIdentify:
        return identifications_;
      case AwsCallKind::kRead:
        break;
    }
    return reads_;
  }

  void wait_for_turn(const CallPtr& call) {
    const auto now = Clock::now();
    const auto left = std::chrono::floor<Duration>(call->deadline - now);
    const auto wait = bucket(call->what.kind).reserve(now, left);
    if (!wait) {
      finish(call, CloudFailure{FailureClass::kThrottle, "our own limit",
                                "too many calls are waiting for their turn"});
    } else if (*wait == Duration{0}) {
      send_with_keys(call);
    } else {
      after(call, *wait, &Calls::send_with_keys);
    }
  }

  void send_with_keys(const CallPtr& call) {
    const auto known = credentials_.current();
    if (known && known->set) return send(call, *known->set);
    // Nothing yet, or nothing at all: one attempt, which is over at once when one was just made.
    renew_keys(call, &Calls::send_with_new_keys);
  }

  void send_with_new_keys(const CallPtr& call) {
    const auto known = credentials_.current();
    if (known && known->set) return send(call, *known->set);
    finish(call, CloudFailure{FailureClass::kDenied, "no credentials", known->problem});
  }

  void renew_keys(const CallPtr& call, void (Calls::*next)(const CallPtr&)) {
    credentials_.refresh(
        [&context = context_, go = step(call, next)] { boost::asio::post(context, go); });
  }

  wire::AwsEndpoint endpoint(const AwsCall& what, const char* service) const {
    const bool sts = what.kind == AwsCallKind::kIdentify;
    const std::string& given = sts ? setup.sts_endpoint : setup.ec2_endpoint;
    if (!given.empty()) return {given, what.region};
    return wire::aws_endpoint(service, what.region, setup.kind);
  }

  // False: other keys than those the caller reckons with; it has been told.
  bool may_sign(const Call& call, const AwsCredentialSet& set) {
    const std::string& key = set.keys.id;
    if (known_key_.empty()) {
      known_key_ = key;
      for (const CallPtr& begun : under_way_) begun->key_of_caller = key;
    }
    if (key != known_key_ && key != told_of_key_) {
      told_of_key_ = key;
      log_.write({core::LogLevel::kInfo, "aws.keys",
                  str("other keys than before, of ", set.source,
                      ": nothing is done with them until STS has said whose they are")});
      if (tell_keys_changed_) tell_keys_changed_();
    }
    if (call.what.whoever || call.what.kind == AwsCallKind::kIdentify) return true;
    return key == known_key_ && key == call.key_of_caller;
  }

  void send(const CallPtr& call, const AwsCredentialSet& set) {
    if (!may_sign(*call, set)) {
      finish(call, CloudFailure{FailureClass::kUnreachable, "keys changed",
                                "not sent: the AWS keys have changed meanwhile"});
      return;
    }
    const AwsCall& what = call->what;
    const bool launch = what.kind == AwsCallKind::kLaunch;
    call->keys = set.keys;
    call->skew = skew_;
    const char* const service = what.kind == AwsCallKind::kIdentify ? "sts" : "ec2";
    const wire::AwsEndpoint to = endpoint(what, service);
    const wire::SigningScope scope{to.region, service, wall_now() + skew_};
    HttpRequest request = signed_request(setup, to.url, what.body, scope, set.keys);
    request.connect_limit = settings_.connect_limit;
    request.total_limit = launch ? settings_.launch_answer_limit : settings_.answer_limit;
    request.own_connection = launch;
    http_.send(std::move(request), [weak = weak_from_this(), call](HttpAnswer answer) {
      const auto self = weak.lock();
      if (self && self->under_way_.contains(call)) self->take(call, std::move(answer));
    });
  }

  // Somebody has named another endpoint than AWS's own, and no server is there.
  std::optional<CloudFailure> nothing_there(const AwsCall& what, const HttpAnswer& answer) const {
    const bool sts = what.kind == AwsCallKind::kIdentify;
    const std::string& place = sts ? setup.sts_endpoint_place : setup.ec2_endpoint_place;
    if (place.empty() || (answer.code != "connect" && answer.code != "dns")) return {};
    return CloudFailure{
        FailureClass::kUnreachable, "endpoint",
        str("nothing answers at ", sts ? setup.sts_endpoint : setup.ec2_endpoint, ", which ", place,
            " names instead of AWS's own address: is "
            "compute-broker ec2sim running there? To speak to AWS itself take "
            "that setting away (",
            answer.why, ")")};
  }

  void take(const CallPtr& call, HttpAnswer answer) {
    if (answer.end != HttpAnswer::End::kAnswered) {
      const bool sent = answer.end == HttpAnswer::End::kNoAnswer;
      const auto what = sent ? FailureClass::kUnknownOutcome : FailureClass::kUnreachable;
      auto wrong_endpoint = sent ? std::nullopt : nothing_there(call->what, answer);
      finish(call, wrong_endpoint ? *wrong_endpoint : CloudFailure{what, answer.code, answer.why});
    } else if (answer.status / 100 == 2) {
      finish(call, std::move(answer.body));
    } else {
      take_failure(call, wire::decode_failure(answer.status, std::move(answer.body)), answer.date);
    }
  }

  void take_failure(const CallPtr& call, CloudFailure failure, const std::string& date) {
    if (core::refuses_identity(failure.code)) {
      if (correct_clock(call, date)) return send_with_keys(call);
      if (!call->keys_renewed) return replace_keys(call, std::move(failure));
    }
    const bool passes =
        failure.what == FailureClass::kThrottle || failure.what == FailureClass::kUnknownOutcome;
    if (passes && call->what.kind != AwsCallKind::kLaunch && repeat(call)) return;
    finish(call, std::move(failure));
  }

  // True: the signature's time was wrong, and the next one's will be right. What is wrong with the
  // clock, another call that was under way may have learnt meanwhile.
  bool correct_clock(const CallPtr& call, const std::string& date) {
    learn_skew(date);
    const bool stale = std::chrono::abs(skew_ - call->skew) >= settings_.skew_min;
    return stale && ++call->clock_corrections <= kClockCorrectionsMax;
  }

  void learn_skew(const std::string& date) {
    const auto aws = parse_http_date(date);
    if (!aws) return;
    const Duration off = *aws - wall_now();
    if (std::chrono::abs(off - skew_) < settings_.skew_min) return;
    skew_ = off;
    log_.write({core::LogLevel::kWarning, "aws.clock",
                str("this machine's clock is ",
                    to_string(Duration{std::chrono::floor<seconds>(std::chrono::abs(off))}),
                    off > Duration{0} ? " behind" : " ahead of",
                    " AWS: signatures are corrected; set the clock (timedatectl set-ntp true)")});
  }

  // Looks for other keys once; the same ones again need not be tried again.
  void replace_keys(const CallPtr& call, CloudFailure failure) {
    call->keys_renewed = true;
    credentials_.refresh(
        [&context = context_, weak = weak_from_this(), call, failure = std::move(failure)] {
          boost::asio::post(context, [weak, call, failure] {
            const auto self = weak.lock();
            if (self && self->under_way_.contains(call)) self->try_replaced_keys(call, failure);
          });
        });
  }

  void try_replaced_keys(const CallPtr& call, CloudFailure failure) {
    const auto known = credentials_.current();
    if (known->set && known->set->keys != call->keys) {
      log_.write({core::LogLevel::kInfo, "aws.keys",
                  str("AWS refused the keys (", failure.code, "): trying again with those of ",
                      known->set->source)});
      return send(call, *known->set);
    }
    if (!known->problem.empty()) failure.message += str("; ", known->problem);
    finish(call, std::move(failure));
  }

  bool repeat(const CallPtr& call) {
    if (call->repeats >= repeats_max_) return false;
    const Duration bound =
        back_off(settings_.repeat_delay_min, settings_.repeat_delay_max, call->repeats);
    const Duration wait = prng_.between(Duration{0}, bound);
    if (Clock::now() + wait >= call->deadline) return false;
    ++call->repeats;
    after(call, wait, &Calls::wait_for_turn);
    return true;
  }

  void finish(const CallPtr& call, AwsReply reply) {
    if (call->what.kind == AwsCallKind::kIdentify && !call->keys.id.empty()) {
      known_key_ = call->keys.id;
      told_of_key_.clear();
    }
    under_way_.erase(call);
    const Callback done = std::move(call->done);
    done(std::move(reply));
  }

  boost::asio::io_context& context_;
  AwsCredentials& credentials_;
  port::LogSink& log_;
  const AwsCallSettings settings_;
  const int repeats_max_;
  TokenBucket reads_, launches_, terminations_, tags_, identifications_;
  HttpClient http_;
  Prng prng_;
  Duration skew_{0};         // AWS's clock less ours
  std::string known_key_;    // access key of the keys whose account the caller was told
  std::string told_of_key_;  // of those that it was told to ask about
  std::function<void()> tell_keys_changed_;
  std::set<CallPtr> under_way_;
};

AwsCaller::AwsCaller(boost::asio::io_context& context, AwsCredentials& credentials,
                     port::LogSink& log, AwsSetup setup, AwsCallSettings settings)
    : calls_(std::make_shared<Calls>(context, credentials, log, std::move(setup), settings)) {}

AwsCaller::~AwsCaller() {
  calls_->abandon();
}

void AwsCaller::call(AwsCall call, Callback done) {
  calls_->begin(std::move(call), std::move(done));
}

void AwsCaller::when_keys_change(std::function<void()> told) {
  calls_->when_keys_change(std::move(told));
}

const AwsSetup& AwsCaller::setup() const {
  return calls_->setup;
}

}  // namespace cb::io
