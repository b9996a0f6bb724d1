// What is done to many instances in one call, of which EC2 refuses some.

#include "io/aws/ec2_cloud_test_kit.h"

namespace cb::io {
namespace {

using namespace testing_kit;

TEST_F(Ec2CloudTest, ATagIsPutOnAllThatMayHaveIt) {
  serve([](const ReceivedRequest& request) {
    if (request.body.find("i-others") != std::string::npos) {
      return fail(403, "UnauthorizedOperation", "not authorized on instance/i-others");
    }
    return http_reply(200, "<CreateTagsResponse><return>true</return></CreateTagsResponse>");
  });
  cloud_->tag({"us-east-1", {{"i-1"}, {"i-others"}}, "compute-broker-owner", "me here now"});
  const auto tagged = only_event<core::Tagged>();
  EXPECT_FALSE(tagged.failure);
  ASSERT_THAT(tagged.refused, SizeIs(1));
  EXPECT_EQ(tagged.refused[0].id, InstanceId{"i-others"});
  EXPECT_THAT(server_->received().back().body,
              HasSubstr("Tag.1.Key=compute-broker-owner&Tag.1.Value=me%20here%20now"));
}

TEST_F(Ec2CloudTest, EachCallIsSignedForTheRegionThatItNames) {
  serve([](const ReceivedRequest& request) {
    const bool lists = request.body.find("DescribeInstances") != std::string::npos;
    return lists ? page({}) : terminated(request);
  });
  cloud_->list({QueryId{1}, "eu-west-1", core::ListByTag{"default"}});
  wait_for_events(1);
  cloud_->terminate({"ap-south-1", {{"i-1"}}});
  wait_for_events(2);
  EXPECT_THAT(server_->received().at(0).header("Authorization"), HasSubstr("/eu-west-1/ec2/"));
  EXPECT_THAT(server_->received().at(1).header("Authorization"), HasSubstr("/ap-south-1/ec2/"));
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

TEST_F(Ec2CloudTest, AProtectedInstanceIsLeftOutByItsIdAndTheOthersEnd) {
  serve([](const ReceivedRequest& request) {
    return request.body.find("i-kept") == std::string::npos
               ? terminated(request)
               : fail(400, "OperationNotPermitted", "The instance 'i-kept' may not be terminated.");
  });
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-kept"}, {"i-2"}}));
  EXPECT_THAT(accepted.instances, SizeIs(2));
  ASSERT_THAT(accepted.refused, SizeIs(1));
  EXPECT_EQ(accepted.refused[0].id, InstanceId{"i-kept"});
  EXPECT_EQ(accepted.refused[0].why.code, "OperationNotPermitted");
  EXPECT_EQ(sent(), 2u);
}

TEST_F(Ec2CloudTest, ARightThatLacksForOneInstanceIsFoundByHalvesAndTheOthersEnd) {
  serve([](const ReceivedRequest& request) {
    return request.body.find("i-renamed") == std::string::npos
               ? terminated(request)
               : fail(403, "UnauthorizedOperation", "You are not authorized");
  });
  auto accepted = std::get<core::TerminateAccepted>(
      terminate({{"i-1"}, {"i-2"}, {"i-3"}, {"i-renamed"}, {"i-5"}}));
  EXPECT_THAT(accepted.instances, SizeIs(4));
  ASSERT_THAT(accepted.refused, SizeIs(1));
  EXPECT_EQ(accepted.refused[0].id, InstanceId{"i-renamed"});
}

TEST_F(Ec2CloudTest, WhenTheCallIsRefusedInTheMiddleEachIdHasItsOwnAnswer) {
  serve([](const ReceivedRequest& request) {
    if (request.body.find("i-kept") == std::string::npos) return fail(403, "AuthFailure");
    return fail(400, "OperationNotPermitted", "The instance 'i-kept' may not be terminated.");
  });
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-kept"}}));
  ASSERT_THAT(accepted.refused, SizeIs(2));
  EXPECT_EQ(accepted.refused[1].id, InstanceId{"i-1"});
  EXPECT_EQ(accepted.refused[1].why.what, FailureClass::kDenied);
}

TEST_F(Ec2CloudTest, ManyRefusalsAreBoundedInCalls) {
  cloud_settings_.batch_calls_max = 4;
  serve([](const ReceivedRequest&) { return fail(403, "UnauthorizedOperation", "no"); });
  std::vector<InstanceId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back({"i-" + std::to_string(100 + i)});
  const core::TerminateResult result = terminate(ids);
  EXPECT_EQ(sent(), 4u);
  EXPECT_EQ(std::get<CloudFailure>(result).what, FailureClass::kThrottle);
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
  cloud_settings_.batch = 2;
  serve(terminated);
  auto accepted = std::get<core::TerminateAccepted>(terminate({{"i-1"}, {"i-2"}, {"i-3"}}));
  EXPECT_THAT(accepted.instances, SizeIs(3));
  EXPECT_EQ(sent(), 2u);
}

}  // namespace
}  // namespace cb::io
