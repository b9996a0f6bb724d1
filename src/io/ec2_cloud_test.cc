#include "io/ec2_cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <latch>
#include <map>
#include <optional>

#include "base/text.h"
#include "io/http_test_server.h"
#include "wire/ec2_request.h"

namespace cb::io {
namespace {

using core::CloudFailure;
using core::FailureClass;
using core::LaunchOutcomeUnknown;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Events : port::EventSink {
  std::vector<core::Event> all;
  void post(core::Event event) override { all.push_back(std::move(event)); }
};
struct Lines : port::Journal {
  std::vector<std::string> keys;
  std::string text;
  void log(const core::Log& line) override {
    keys.push_back(line.key);
    text += line.text + "\n";
  }
};

std::string error_body(std::string_view code, std::string_view message = "why") {
  return str("<Response><Errors><Error><Code>", code, "</Code><Message>", message,
             "</Message></Error></Errors><RequestID>r</RequestID></Response>");
}
ServerReply fail(int status, std::string_view code, std::string_view message = "why") {
  return http_reply(status, error_body(code, message));
}
std::string instances(std::initializer_list<const char*> ids) {
  std::string out = "<instancesSet>";
  for (const char* id : ids) out += str("<item><instanceId>", id, "</instanceId></item>");
  return out + "</instancesSet>";
}
ServerReply launched(const char* id) {
  return http_reply(200, str("<RunInstancesResponse>", instances({id}), "</RunInstancesResponse>"));
}
ServerReply page(std::initializer_list<const char*> ids, std::string_view next = "") {
  return http_reply(200, str("<DescribeInstancesResponse><reservationSet><item>", instances(ids),
                             "</item></reservationSet><nextToken>", next,
                             "</nextToken></DescribeInstancesResponse>"));
}
ServerReply terminated(const ReceivedRequest& request) {
  std::string out = "<TerminateInstancesResponse><instancesSet>";
  for (std::string_view field : split(request.body, '&')) {
    if (!field.starts_with("InstanceId.")) continue;
    out += str("<item><instanceId>", field.substr(field.find('=') + 1),
               "</instanceId><currentState><name>shutting-down</name></currentState></item>");
  }
  return http_reply(200, out + "</instancesSet></TerminateInstancesResponse>");
}

class Ec2CloudTest : public testing::Test {
 protected:
  // What the server answers, one after the other; the last one for ever.
  void answer_with(std::vector<ServerReply> replies) {
    serve([replies, n = std::size_t{0}](const ReceivedRequest&) mutable {
      return replies[std::min(n++, replies.size() - 1)];
    });
  }
  void serve(HttpTestServer::Handler handler) {
    server_.emplace([this, handler](const ReceivedRequest& request) {
      std::lock_guard lock(one_at_a_time_);
      return handler(request);
    });
    connect(server_->url());
  }
  void connect(const std::string& endpoint) {
    cloud_.reset();
    caller_.emplace(context_, credentials_, lines_, AwsSetup{"us-east-1", endpoint, endpoint, ""},
                    settings_);
    cloud_.emplace(*caller_, events_, lines_, cloud_settings_);
  }

  void wait_for_events(std::size_t n) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (events_.all.size() < n && std::chrono::steady_clock::now() < end) {
      context_.run_one_for(std::chrono::milliseconds{100});
    }
    ASSERT_EQ(events_.all.size(), n);
  }
  template <class T>
  T only_event() {
    wait_for_events(1);
    return std::get<T>(events_.all.at(0));
  }
  core::LaunchResult launch() {
    cloud_->launch({{"cb-1"}, "us-east-1", "Action=RunInstances&ClientToken=cb-1"});
    return only_event<core::LaunchAnswered>().result;
  }
  core::ListResult list(core::ListQuery what = core::ListByTag{}) {
    cloud_->list({QueryId{7}, what});
    return only_event<core::Listed>().result;
  }
  core::TerminateResult terminate(std::vector<InstanceId> ids) {
    cloud_->terminate({std::move(ids)});
    return only_event<core::TerminateAnswered>().result;
  }
  // From the next attempt on.
  void keys_will_be(const char* id) {
    while (!credentials_.current()) std::this_thread::yield();
    std::lock_guard lock(keys_mutex_);
    keys_.push_back(AwsCredentialSet{{id, "secret-word", ""}, {}, "test"});
  }
  std::size_t sent() const { return server_->received().size(); }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  std::mutex one_at_a_time_;
  std::optional<HttpTestServer> server_;
  std::mutex keys_mutex_;
  std::vector<Result<AwsCredentialSet>> keys_{
      AwsCredentialSet{{"AKID", "secret-word", "token-word"}, {}, "test"}};
  // Each attempt takes the next of keys_, the last one for ever.
  AwsCredentials credentials_{[this, n = std::size_t{0}]() mutable {
                                std::lock_guard lock(keys_mutex_);
                                return keys_[std::min(n++, keys_.size() - 1)];
                              },
                              {.forced_interval = milliseconds{0}}};
  Lines lines_;
  Events events_;
  AwsCallSettings settings_{.repeat_delay_min = milliseconds{1},
                            .repeat_delay_max = milliseconds{5}};
  Ec2CloudSettings cloud_settings_;
  std::optional<AwsCaller> caller_;
  std::optional<Ec2Cloud> cloud_;
};

TEST_F(Ec2CloudTest, ALaunchIsSentAsSavedAndSigned) {
  answer_with({launched("i-1")});
  auto result = launch();
  EXPECT_EQ(std::get<core::Launched>(result).instances.at(0).id.value, "i-1");
  const ReceivedRequest request = server_->received().at(0);
  EXPECT_EQ(request.body, "Action=RunInstances&ClientToken=cb-1");
  EXPECT_EQ("http://" + request.header("Host"), server_->url());
  EXPECT_EQ(request.header("X-Amz-Security-Token"), "token-word");
  EXPECT_THAT(request.header("Authorization"),
              AllOf(HasSubstr("Credential=AKID/"), HasSubstr("/us-east-1/ec2/aws4_request"),
                    HasSubstr("host;x-amz-date;x-amz-security-token")));
}

TEST_F(Ec2CloudTest, ALaunchIsNeverRepeatedWhateverTheAnswer) {
  struct {
    ServerReply reply;
    FailureClass what;
    bool unknown;
  } table[] = {
      {fail(503, "RequestLimitExceeded"), FailureClass::kThrottle, false},
      {fail(500, "InsufficientInstanceCapacity"), FailureClass::kCapacity, false},
      {fail(500, "InternalError"), FailureClass::kUnknownOutcome, true},
      {fail(503, "Unavailable"), FailureClass::kUnknownOutcome, true},
      {http_reply(502, "<html>"), FailureClass::kUnknownOutcome, true},
      {hang_up(), FailureClass::kUnknownOutcome, true},
      {http_reply(200, "<html>captive portal</html>"), FailureClass::kUnknownOutcome, true},
      {fail(400, "IdempotentParameterMismatch"), FailureClass::kTokenMismatch, false},
      {fail(403, "UnauthorizedOperation"), FailureClass::kDenied, false},
  };
  for (const auto& [reply, what, unknown] : table) {
    events_.all.clear();
    answer_with({reply});
    auto result = launch();
    if (unknown) {
      EXPECT_EQ(std::get<LaunchOutcomeUnknown>(result).why.what, what) << reply.bytes;
    } else {
      EXPECT_EQ(std::get<CloudFailure>(result).what, what) << reply.bytes;
    }
    EXPECT_EQ(sent(), 1u) << reply.bytes;
  }
}

TEST_F(Ec2CloudTest, ALaunchWithoutAnAnswerInTimeIsOfUnknownOutcome) {
  settings_.launch_answer_limit = milliseconds{50};
  answer_with({stay_silent()});
  auto result = launch();
  EXPECT_EQ(std::get<LaunchOutcomeUnknown>(result).why.code, "timeout");
}

TEST_F(Ec2CloudTest, ALaunchThatCouldNotBeSentDidNotHappen) {
  connect(str("http://127.0.0.1:", closed_port()));
  auto result = launch();
  EXPECT_EQ(std::get<CloudFailure>(result).what, FailureClass::kUnreachable);
}

TEST_F(Ec2CloudTest, AListingPassesOverThrottlingAndHiccups) {
  answer_with({fail(503, "RequestLimitExceeded"), fail(500, "InternalError"), page({"i-1"})});
  EXPECT_THAT(std::get<core::Listing>(list()).instances, SizeIs(1));
  EXPECT_EQ(sent(), 3u);
}

TEST_F(Ec2CloudTest, AListingGivesUpInBoundedRepetitions) {
  answer_with({fail(503, "RequestLimitExceeded")});
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kThrottle);
  EXPECT_EQ(sent(), static_cast<std::size_t>(settings_.repeats_max) + 1);
}

TEST_F(Ec2CloudTest, AListingIsAllItsPages) {
  answer_with({page({"i-1"}, "t+1"), page({"i-2"}, "t+2"), page({"i-3"})});
  EXPECT_THAT(std::get<core::Listing>(list()).instances, SizeIs(3));
  EXPECT_THAT(server_->received().at(1).body, HasSubstr("NextToken=t%2B1"));
}

TEST_F(Ec2CloudTest, AListingThatFailsOnAnyPageIsAFailure) {
  answer_with({page({"i-1"}, "t1"), fail(403, "UnauthorizedOperation")});
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kDenied);
}

TEST_F(Ec2CloudTest, PagesThatDoNotEndAreAFailure) {
  answer_with({page({"i-1"}, "same")});
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kUnexpected);
  events_.all.clear();
  cloud_settings_.pages_max = 4;
  serve([n = 0](const ReceivedRequest&) mutable { return page({}, std::to_string(++n)); });
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kUnexpected);
  EXPECT_EQ(sent(), 4u);
}

TEST_F(Ec2CloudTest, AnIdThatIsNotFoundIsAnEmptyListing) {
  answer_with({fail(400, "InvalidInstanceID.NotFound")});
  EXPECT_THAT(std::get<core::Listing>(list(core::ListById{{"i-9"}})).instances, IsEmpty());
  EXPECT_THAT(server_->received().at(0).body, HasSubstr("InstanceId.1=i-9"));
}

TEST_F(Ec2CloudTest, OneBadIdDoesNotSaveTheOthers) {
  serve([](const ReceivedRequest& request) {
    return request.body.find("i-bad") == std::string::npos
               ? terminated(request)
               : fail(400, "InvalidInstanceID.NotFound", "The instance ID 'i-bad' does not exist");
  });
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-bad"}, {"i-2"}}));
  EXPECT_THAT(accepted.instances, SizeIs(2));
  EXPECT_THAT(accepted.not_found, ElementsAre(InstanceId{"i-bad"}));
  EXPECT_EQ(sent(), 2u);
}

TEST_F(Ec2CloudTest, ABadIdThatIsNotNamedIsFoundByHalves) {
  serve([](const ReceivedRequest& request) {
    return request.body.find("i-bad") == std::string::npos
               ? terminated(request)
               : fail(400, "InvalidInstanceID.Malformed", "Invalid id");
  });
  auto accepted =
      std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-2"}, {"i-3"}, {"i-bad"}}));
  EXPECT_THAT(accepted.instances, SizeIs(3));
  EXPECT_THAT(accepted.not_found, ElementsAre(InstanceId{"i-bad"}));
}

TEST_F(Ec2CloudTest, AThrottledTerminationIsRepeatedAsAWhole) {
  serve([n = 0](const ReceivedRequest& request) mutable {
    return n++ == 0 ? fail(503, "RequestLimitExceeded") : terminated(request);
  });
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-2"}}));
  EXPECT_THAT(accepted.instances, SizeIs(2));
  EXPECT_EQ(server_->received().at(0).body, server_->received().at(1).body);
}

TEST_F(Ec2CloudTest, ManyIdsGoInBatches) {
  cloud_settings_.terminate_batch = 2;
  serve(terminated);
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-2"}, {"i-3"}}));
  EXPECT_THAT(accepted.instances, SizeIs(3));
  EXPECT_EQ(sent(), 2u);
}

// Refuses signatures that are more than 5 minutes off a clock that is a day ahead of ours.
ServerReply in_the_future(const ReceivedRequest& request) {
  const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now()) + hours{24};
  const std::time_t seconds_now = std::chrono::system_clock::to_time_t(now);
  char date[64];
  std::tm parts{};
  gmtime_r(&seconds_now, &parts);
  strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  const bool right =
      request.header("X-Amz-Date")
          .starts_with(wire::amz_date(std::chrono::floor<Duration>(now)).substr(0, 8));
  return right ? launched("i-1") : http_reply(400, error_body("RequestExpired"), date);
}

TEST_F(Ec2CloudTest, AWrongClockIsNoticedFromTheAnswerAndCorrected) {
  serve(in_the_future);
  EXPECT_TRUE(std::holds_alternative<core::Launched>(launch()));
  EXPECT_EQ(sent(), 2u);
  EXPECT_THAT(lines_.text, HasSubstr("this machine's clock is"));
  events_.all.clear();
  EXPECT_TRUE(std::holds_alternative<core::Launched>(launch()));
  EXPECT_EQ(sent(), 3u);  // it stays corrected
}

TEST_F(Ec2CloudTest, EveryCallThatWasSignedWithTheFormerClockIsSignedAnew) {
  std::latch both_sent(2);  // with the wrong time, before either is answered
  std::atomic<int> wrong = 0;
  server_.emplace([&](const ReceivedRequest& request) {
    ServerReply reply = in_the_future(request);
    const bool refused = reply.bytes.find("RequestExpired") != std::string::npos;
    if (refused && wrong++ < 2) both_sent.arrive_and_wait();
    return reply;
  });
  connect(server_->url());
  for (const char* token : {"cb-1", "cb-2"}) {
    cloud_->launch({{token}, "us-east-1", "Action=RunInstances"});
  }
  wait_for_events(2);
  for (const core::Event& event : events_.all) {
    const auto& result = std::get<core::LaunchAnswered>(event).result;
    EXPECT_TRUE(std::holds_alternative<core::Launched>(result));
  }
  EXPECT_EQ(sent(), 4u);
  EXPECT_THAT(lines_.keys, ElementsAre("aws.clock"));
}

TEST_F(Ec2CloudTest, ASignatureThatIsRefusedForItsTimeForEverIsGivenUp) {
  serve([n = 0](const ReceivedRequest&) mutable {
    const char* date = n++ % 2 == 0 ? "Date: Mon, 23 Nov 2020 10:00:00 GMT\r\n"
                                    : "Date: Mon, 23 Nov 2015 10:00:00 GMT\r\n";
    return http_reply(400, error_body("RequestExpired"), date);
  });
  EXPECT_TRUE(std::holds_alternative<CloudFailure>(launch()));
  EXPECT_EQ(sent(), 4u);
}

TEST_F(Ec2CloudTest, TheSettingOfAwsToolsSaysHowOftenAReadIsTried) {
  answer_with({fail(503, "RequestLimitExceeded")});
  cloud_.reset();
  AwsSetup setup{"us-east-1", server_->url(), server_->url(), ""};
  setup.attempts_max = 2;
  caller_.emplace(context_, credentials_, lines_, setup, settings_);
  cloud_.emplace(*caller_, events_, lines_, cloud_settings_);
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kThrottle);
  EXPECT_EQ(sent(), 2u);
}

TEST_F(Ec2CloudTest, AProxyThatLetsNothingThroughMeansThatALaunchDidNotHappen) {
  HttpTestServer proxy([](const ReceivedRequest&) { return http_reply(503, ""); });
  cloud_.reset();
  AwsSetup setup{"us-east-1", "", "", ""};
  setup.proxies.https = proxy.url();
  caller_.emplace(context_, credentials_, lines_, setup, settings_);
  cloud_.emplace(*caller_, events_, lines_, cloud_settings_);
  const auto failure = std::get<CloudFailure>(launch());
  EXPECT_EQ(failure.what, FailureClass::kUnreachable);
  EXPECT_EQ(failure.code, "proxy");
  EXPECT_THAT(failure.message, HasSubstr("the proxy 127.0.0.1:"));
  EXPECT_THAT(failure.message, HasSubstr("to ec2.us-east-1.amazonaws.com (HTTP 503"));
}

ServerReply account() {
  return http_reply(200,
                    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
                    "<Account>123456789012</Account></GetCallerIdentityResult>"
                    "</GetCallerIdentityResponse>");
}
// To whom the former keys are not good enough (any more).
ServerReply wants_fresh_keys(const ReceivedRequest& request) {
  const std::string signature(request.header("Authorization"));
  if (signature.find("FRESH") == std::string::npos) return fail(400, "ExpiredToken");
  return signature.find("/sts/") != std::string::npos ? account() : page({"i-1"});
}

TEST_F(Ec2CloudTest, NothingIsAskedWithReplacedKeysUntilStsHasSaidWhoseTheyAre) {
  keys_will_be("FRESH");
  serve(wants_fresh_keys);
  cloud_->list({QueryId{1}, core::ListByTag{}});
  wait_for_events(2);
  EXPECT_TRUE(std::holds_alternative<core::KeysChanged>(events_.all[0]));
  const auto refused = std::get<CloudFailure>(std::get<core::Listed>(events_.all[1]).result);
  EXPECT_EQ(refused.what, FailureClass::kUnreachable);
  EXPECT_EQ(sent(), 1u);
  events_.all.clear();
  cloud_->launch({{"cb-1"}, "us-east-1", "Action=RunInstances&ClientToken=cb-1"});
  wait_for_events(1);  // it is told once
  EXPECT_EQ(std::get<CloudFailure>(std::get<core::LaunchAnswered>(events_.all[0]).result).what,
            FailureClass::kUnreachable);
  EXPECT_EQ(sent(), 1u);
  events_.all.clear();
  cloud_->identify();
  EXPECT_EQ(only_event<core::Identified>().identity.account, "123456789012");
  events_.all.clear();
  EXPECT_THAT(std::get<core::Listing>(list()).instances, SizeIs(1));
  EXPECT_EQ(sent(), 3u);
  EXPECT_THAT(lines_.text, Not(HasSubstr("secret-word")));
}

TEST_F(Ec2CloudTest, WhatWasBegunWithTheFormerKeysIsNotMadeWithTheLatter) {
  settings_.launches = {.per_second = 1, .burst = 1};
  serve([](const ReceivedRequest& request) {
    return request.header("Authorization").find("/sts/") != std::string_view::npos
               ? account()
               : launched("i-1");
  });
  for (const char* token : {"cb-1", "cb-2"}) {
    cloud_->launch({{token}, "us-east-1", "Action=RunInstances"});
  }
  wait_for_events(1);  // the second one waits for its turn
  keys_will_be("FRESH");
  std::promise<void> renewed;
  credentials_.refresh([&] { renewed.set_value(); });
  renewed.get_future().wait();
  cloud_->identify();
  wait_for_events(4);
  EXPECT_TRUE(std::holds_alternative<core::KeysChanged>(events_.all[1]));
  ASSERT_TRUE(std::holds_alternative<core::Identified>(events_.all[2]));
  ASSERT_TRUE(std::holds_alternative<core::LaunchAnswered>(events_.all[3]));
  const auto& late = std::get<core::LaunchAnswered>(events_.all[3]);
  EXPECT_EQ(late.token.value, "cb-2");
  EXPECT_EQ(std::get<CloudFailure>(late.result).what, FailureClass::kUnreachable);
}

TEST_F(Ec2CloudTest, TheSameKeysAreNotTriedTwice) {
  answer_with({fail(401, "AuthFailure")});
  EXPECT_EQ(std::get<CloudFailure>(list()).what, FailureClass::kDenied);
  EXPECT_EQ(sent(), 1u);
}

TEST_F(Ec2CloudTest, WithoutKeysNothingIsSentAndTheReasonIsTold) {
  AwsCredentials none([]() -> Result<AwsCredentialSet> { return Error{"run aws configure"}; });
  answer_with({page({})});
  AwsCaller caller(context_, none, lines_, AwsSetup{"us-east-1", server_->url(), "", ""});
  Ec2Cloud cloud(caller, events_, lines_);
  cloud.list({QueryId{1}, core::ListByTag{}});
  const auto failure = std::get<CloudFailure>(only_event<core::Listed>().result);
  EXPECT_EQ(failure.what, FailureClass::kDenied);
  EXPECT_EQ(failure.message, "run aws configure");
  EXPECT_EQ(sent(), 0u);
}

TEST_F(Ec2CloudTest, LaunchesBeyondOurBudgetWaitOrAreThrottledByUs) {
  settings_.launches = {.per_second = 20, .burst = 1};
  answer_with({launched("i-1")});
  for (int i = 0; i < 3; ++i) cloud_->launch({{"t"}, "us-east-1", "Action=RunInstances"});
  wait_for_events(3);
  EXPECT_EQ(sent(), 3u);
  events_.all.clear();
  settings_.launches = {.per_second = 0.001, .burst = 1};
  answer_with({launched("i-1")});
  for (int i = 0; i < 2; ++i) cloud_->launch({{"t"}, "us-east-1", "Action=RunInstances"});
  wait_for_events(2);
  const auto refused =
      std::get<CloudFailure>(std::get<core::LaunchAnswered>(events_.all[0]).result);
  EXPECT_EQ(refused.what, FailureClass::kThrottle);
  EXPECT_EQ(sent(), 1u);
}

TEST_F(Ec2CloudTest, IdentityIsTheAccountThatStsNames) {
  answer_with({account()});
  cloud_->identify();
  EXPECT_EQ(only_event<core::Identified>().identity, (core::CloudIdentity{"123456789012"}));
  EXPECT_THAT(server_->received().at(0).header("Authorization"), HasSubstr("/us-east-1/sts/"));
}

TEST_F(Ec2CloudTest, AnIdentityThatIsRefusedIsEmptyAndLogged) {
  answer_with({fail(403, "AccessDenied")});
  cloud_->identify();
  EXPECT_EQ(only_event<core::Identified>().identity, (core::CloudIdentity{""}));
  EXPECT_THAT(lines_.text, HasSubstr("sts:GetCallerIdentity"));
  cloud_->identify();
  wait_for_events(2);
  EXPECT_THAT(lines_.keys, SizeIs(1));  // the same trouble is said once
}

TEST_F(Ec2CloudTest, AfterItsEndNoEventComes) {
  answer_with({page({})});
  cloud_->list({QueryId{1}, core::ListByTag{}});
  cloud_.reset();
  EXPECT_THAT(events_.all, IsEmpty());
  caller_.reset();
  context_.poll();
  EXPECT_THAT(events_.all, IsEmpty());
}

}  // namespace
}  // namespace cb::io
