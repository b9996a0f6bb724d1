#include "io/aws/aws_preflight.h"

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "core/advice/cloud_advice.h"
#include "core/advice/cloud_error.h"
#include "core/launch/launch_plan.h"
#include "wire/ec2_request.h"
#include "wire/ec2_response.h"

namespace cb::io {
namespace {

using core::CloudFailure;
using core::FailureClass;
using core::LogLevel;

struct Finding {
  LogLevel level = LogLevel::kWarning;
  std::string text;
  // What else would be said about it is the same: it is said once. Empty: it is said in any case.
  std::string about = {};
};
using Findings = std::vector<Finding>;

struct Question {
  std::string body;
  std::function<Findings(const AwsReply&)> read;
};

const CloudFailure* failure_of(const AwsReply& reply) {
  return std::get_if<CloudFailure>(&reply);
}

// No other question would be answered either; and EC2's listing, which is asked for all the time,
// fails for the same reason and says so.
bool stops_everything(const CloudFailure& failure) {
  return failure.what == FailureClass::kUnreachable || failure.code == "no credentials" ||
         core::refuses_identity(failure.code);
}

std::string fault_of(const PoolName& pool, const CloudFailure& failure) {
  return str(pool.value, ' ', failure.code);
}

Question image_question(const PoolName& pool, const core::PoolSettings& settings,
                        const std::string& region) {
  const auto read = [pool, image = settings.image, region](const AwsReply& reply) -> Findings {
    if (const CloudFailure* failure = failure_of(reply)) {
      const bool wrong = failure->what == FailureClass::kBadConfig;  // no launch would work
      return {{wrong ? LogLevel::kAlert : LogLevel::kWarning,
               str("[pool.", pool.value, "] image ", image, ": ",
                   describe(*failure,
                            {.action = "DescribeImages", .pool = pool.value, .region = region})),
               wrong ? fault_of(pool, *failure) : ""}};
    }
    const auto images = wire::decode_describe_images(std::get<std::string>(reply));
    if (!images) return {{LogLevel::kWarning, images.error().what}};
    if (images->empty()) {
      return {{LogLevel::kWarning, str("[pool.", pool.value, "] image ", image, " is not in ",
                                       region, ", or not shared with this account: check [pool.",
                                       pool.value, "] image and [aws] region")}};
    }
    Findings findings;
    for (const wire::ImageVolume& volume : images->front().volumes) {
      if (volume.ends_with_instance) continue;
      findings.push_back(
          {LogLevel::kWarning,
           str("[pool.", pool.value, "] image ", image, " keeps the disk ", volume.device,
               " of every ended worker, which goes on costing: register the image with "
               "DeleteOnTermination for it")});
    }
    return findings;
  };
  return {wire::encode_describe_images(settings.image), read};
}

Question launch_question(const core::Settings& settings, const PoolName& name,
                         const core::PoolSettings& pool, const core::Candidate& candidate,
                         WallTime now) {
  const auto spec = core::launch_spec(settings, name, pool, candidate, {"cb-start-up-check"}, now);
  const auto read = [name, candidate](const AwsReply& reply) -> Findings {
    const CloudFailure* failure = failure_of(reply);
    if (failure == nullptr || failure->code == "DryRunOperation") return {};
    const bool later = failure->what == FailureClass::kCapacity ||
                       failure->what == FailureClass::kThrottle ||
                       failure->what == FailureClass::kUnknownOutcome;
    const bool same = failure->what == FailureClass::kBadConfig ||
                      failure->what == FailureClass::kDenied;  // in every market
    return {{later ? LogLevel::kInfo : LogLevel::kAlert,
             str("a launch of ", candidate.type, ' ', to_string(candidate.market), " for pool ",
                 name.value, " would fail: ",
                 describe(*failure, {.pool = name.value,
                                     .region = candidate.region,
                                     .type = candidate.type,
                                     .market = candidate.market})),
             same ? fault_of(name, *failure) : ""}};
  };
  return {wire::encode_run_instances_dry_run(spec), read};
}

// An id that nobody has: with the right to end instances the answer is that it is not found.
Question terminate_question(const std::string& region) {
  const auto read = [region](const AwsReply& reply) -> Findings {
    const CloudFailure* failure = failure_of(reply);
    if (failure == nullptr || failure->what != FailureClass::kDenied) return {};
    return {{LogLevel::kAlert,
             str("workers could not be ended: ",
                 describe(*failure, {.action = "TerminateInstances", .region = region}))}};
  };
  return {wire::encode_terminate_instances({InstanceId{"i-00000000000000000"}}, true), read};
}

std::deque<Question> questions_for(const core::Settings& settings, const std::string& region,
                                   WallTime now) {
  std::deque<Question> questions;
  for (const auto& [name, pool] : settings.pools) {
    if (pool.image.empty()) continue;
    questions.push_back(image_question(name, pool, region));
    std::optional<core::Market> asked;
    for (const core::Candidate& candidate : core::candidates(pool, region, {})) {
      if (asked == candidate.market) continue;
      asked = candidate.market;
      questions.push_back(launch_question(settings, name, pool, candidate, now));
    }
  }
  questions.push_back(terminate_question(region));
  return questions;
}

struct Check {
  AwsCaller& caller;
  port::LogSink& log;
  std::deque<Question> questions;
  std::function<void()> done;
  bool found_something = false;
  std::set<std::string> said = {};  // Finding::about
};

void say(Check& check, const Finding& finding) {
  check.found_something = true;
  if (!finding.about.empty() && !check.said.insert(finding.about).second) return;
  check.log.write({finding.level, "aws.check", finding.text});
}

void ask_next(const std::shared_ptr<Check>& check);

void take(const std::shared_ptr<Check>& check, const Question& question, const AwsReply& reply) {
  const CloudFailure* failure = failure_of(reply);
  if (failure != nullptr && stops_everything(*failure)) {
    check->found_something = true;
    check->questions.clear();
  } else {
    for (const Finding& finding : question.read(reply)) say(*check, finding);
  }
  ask_next(check);
}

void ask_next(const std::shared_ptr<Check>& check) {
  if (check->questions.empty()) {
    if (!check->found_something) {
      check->log.write({LogLevel::kInfo, "aws.check",
                        "EC2 accepts the configured image, names and rights (dry runs)"});
    }
    if (check->done) check->done();
    return;
  }
  Question question = std::move(check->questions.front());
  check->questions.pop_front();
  AwsCall call{AwsCallKind::kRead, check->caller.setup().region, std::move(question.body)};
  call.whoever = true;  // it changes nothing, and nobody concludes anything from it
  check->caller.call(std::move(call),
                     [check, question](AwsReply reply) { take(check, question, reply); });
}

}  // namespace

void check_aws(AwsCaller& caller, port::LogSink& log, const core::Settings& settings, WallTime now,
               std::function<void()> done) {
  const auto check = std::make_shared<Check>(
      Check{caller, log, questions_for(settings, caller.setup().region, now), std::move(done)});
  // Nothing was asked about a pool without an image, so nothing was accepted.
  for (const auto& [name, pool] : settings.pools) check->found_something |= pool.image.empty();
  ask_next(check);
}

}  // namespace cb::io
