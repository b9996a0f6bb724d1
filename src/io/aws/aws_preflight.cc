#include "io/aws/aws_preflight.h"

#include <algorithm>
#include <deque>
#include <memory>
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
  std::string region;
  std::string body;
  std::function<Findings(const AwsReply&)> read;
};

const CloudFailure* failure_of(const AwsReply& reply) {
  return std::get_if<CloudFailure>(&reply);
}

// No other question there would be answered either; and that region's listing, which is asked for
// all the time, fails for the same reason and says so. One that the account has not enabled refuses
// keys that are good elsewhere.
bool stops_its_region(const CloudFailure& failure) {
  return failure.what == FailureClass::kUnreachable || failure.code == "no credentials" ||
         core::refuses_identity(failure.code);
}

std::string fault_of(const PoolName& pool, const std::string& region, const CloudFailure& failure) {
  return str(pool.value, ' ', region, ' ', failure.code);
}

Question image_question(const PoolName& pool, const core::PoolSettings& settings,
                        const std::string& region) {
  const std::string& asked = settings.image_in(region);
  const auto read = [pool, image = asked, region](const AwsReply& reply) -> Findings {
    if (const CloudFailure* failure = failure_of(reply)) {
      const bool wrong = failure->what == FailureClass::kBadConfig;  // no launch would work
      return {{wrong ? LogLevel::kAlert : LogLevel::kWarning,
               str("[pool.", pool.value, "] image ", image, ": ",
                   describe(*failure,
                            {.action = "DescribeImages", .pool = pool.value, .region = region})),
               wrong ? fault_of(pool, region, *failure) : ""}};
    }
    const auto images = wire::decode_describe_images(std::get<std::string>(reply));
    if (!images) return {{LogLevel::kWarning, images.error().what}};
    if (images->empty()) {
      return {{LogLevel::kWarning, str("[pool.", pool.value, "] image ", image, " is not in ",
                                       region, ", or not shared with this account: check [pool.",
                                       pool.value, "] image and the region")}};
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
  return {region, wire::encode_describe_images(asked), read};
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
             same ? fault_of(name, candidate.region, *failure) : ""}};
  };
  return {candidate.region, wire::encode_run_instances_dry_run(spec), read};
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
  return {region, wire::encode_terminate_instances({InstanceId{"i-00000000000000000"}}, true),
          read};
}

std::deque<Question> questions_for(const core::Settings& settings, WallTime now) {
  std::deque<Question> questions;
  std::set<std::string> regions{settings.region};
  for (const auto& [name, pool] : settings.pools) {
    for (const std::string& region : settings.regions_of(pool)) {
      if (pool.image_in(region).empty()) continue;
      regions.insert(region);
      questions.push_back(image_question(name, pool, region));
      std::set<core::Market> asked;
      core::Need there;
      there.region = region;
      for (const core::Candidate& candidate : core::candidates(settings, pool, there)) {
        if (!asked.insert(candidate.market).second) continue;
        questions.push_back(launch_question(settings, name, pool, candidate, now));
      }
    }
  }
  for (const std::string& region : regions) questions.push_back(terminate_question(region));
  return questions;
}

// Nothing was asked about a pool without an image, so nothing was accepted.
bool lacks_an_image(const core::Settings& settings) {
  return std::any_of(settings.pools.begin(), settings.pools.end(), [&](const auto& entry) {
    const auto regions = settings.regions_of(entry.second);
    return std::any_of(regions.begin(), regions.end(), [&](const std::string& region) {
      return entry.second.image_in(region).empty();
    });
  });
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
  if (failure != nullptr && stops_its_region(*failure)) {
    check->found_something = true;
    std::erase_if(check->questions, [&](const Question& other) {
      return failure->code == "no credentials" || other.region == question.region;
    });
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
  AwsCall call{AwsCallKind::kRead, question.region, std::move(question.body)};
  call.whoever = true;  // it changes nothing, and nobody concludes anything from it
  check->caller.call(std::move(call),
                     [check, question](AwsReply reply) { take(check, question, reply); });
}

}  // namespace

void check_aws(AwsCaller& caller, port::LogSink& log, const core::Settings& settings, WallTime now,
               std::function<void()> done) {
  const auto check =
      std::make_shared<Check>(Check{caller, log, questions_for(settings, now), std::move(done)});
  check->found_something = lacks_an_image(settings);
  ask_next(check);
}

}  // namespace cb::io
