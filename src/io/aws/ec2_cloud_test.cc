#include "io/aws/ec2_cloud.h"

#include <boost/asio/executor_work_guard.hpp>
#include <latch>
#include <map>

#include "io/aws/ec2_cloud_test_kit.h"
#include "wire/ec2_request.h"

namespace cb::io {
namespace {

using namespace testing_kit;

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

TEST_F(Ec2CloudTest, IdsAreAskedForByAFilterThatNoUnknownOneFails) {
  answer_with({page({"i-1"}, "")});
  const auto listing = std::get<core::Listing>(list(core::ListByIds{{{"i-1"}, {"i-9"}}}));
  EXPECT_THAT(listing.instances, SizeIs(1));
  EXPECT_THAT(server_->received().at(0).body,
              HasSubstr("Filter.1.Name=instance-id&Filter.1.Value.1=i-1&Filter.1.Value.2=i-9"));
}

TEST_F(Ec2CloudTest, ListingsGoByOurOwnTag) {
  answer_with({page({"i-1"}, "")});
  list(core::ListByTag{"lab"});
  EXPECT_EQ(sent(), 1u);
  EXPECT_THAT(server_->received().at(0).body,
              HasSubstr("Filter.1.Name=tag%3Acompute-broker&Filter.1.Value.1=lab"));
}

TEST_F(Ec2CloudTest, ASecondListingByNameIsMadeOnlyWhereItIsAskedFor) {
  answer_with({page({"i-1", "i-2"}, ""), page({"i-2", "i-3"}, "")});
  const auto listing = std::get<core::Listing>(list(core::ListByTag{"lab", true}));
  EXPECT_THAT(listing.instances, SizeIs(3));
  EXPECT_THAT(server_->received().at(1).body, HasSubstr("Filter.1.Name=tag%3AName"));
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
  cloud_->list({QueryId{1}, "us-east-1", core::ListByTag{"default"}});
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
  cloud_->identify({{"us-east-1"}});
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
  cloud_->identify({{"us-east-1"}});
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
  cloud.list({QueryId{1}, "us-east-1", core::ListByTag{"default"}});
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
  cloud_->identify({{"us-east-1"}});
  EXPECT_EQ(only_event<core::Identified>().identity, (core::CloudIdentity{"123456789012"}));
  EXPECT_THAT(server_->received().at(0).header("Authorization"), HasSubstr("/us-east-1/sts/"));
}

TEST_F(Ec2CloudTest, StsIsAskedInTheNextRegionWhereOneDoesNotAnswer) {
  settings_.repeats_max = 0;
  answer_with({hang_up(), account()});
  cloud_->identify({{"us-east-1", "eu-west-1"}});
  EXPECT_EQ(only_event<core::Identified>().identity, (core::CloudIdentity{"123456789012"}));
  EXPECT_THAT(server_->received().at(1).header("Authorization"), HasSubstr("/eu-west-1/sts/"));
}

TEST_F(Ec2CloudTest, AnIdentityThatIsRefusedIsEmptyAndLogged) {
  answer_with({fail(403, "AccessDenied")});
  cloud_->identify({{"us-east-1"}});
  EXPECT_EQ(only_event<core::Identified>().identity, (core::CloudIdentity{""}));
  EXPECT_THAT(lines_.text, HasSubstr("sts:GetCallerIdentity"));
  cloud_->identify({{"us-east-1"}});
  wait_for_events(2);
  EXPECT_THAT(lines_.keys, SizeIs(1));  // the same trouble is said once
}

TEST_F(Ec2CloudTest, AfterItsEndNoEventComes) {
  answer_with({page({})});
  cloud_->list({QueryId{1}, "us-east-1", core::ListByTag{"default"}});
  cloud_.reset();
  EXPECT_THAT(events_.all, IsEmpty());
  caller_.reset();
  context_.poll();
  EXPECT_THAT(events_.all, IsEmpty());
}

}  // namespace
}  // namespace cb::io
