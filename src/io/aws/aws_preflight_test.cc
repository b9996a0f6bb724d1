#include "io/aws/aws_preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>

#include "base/text.h"
#include "io/net/http_test_server.h"

namespace cb::io {
namespace {

using core::LogLevel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Logged : port::LogSink {
  std::vector<core::Log> all;
  void write(const core::Log& line) override { all.push_back(line); }
};

ServerReply refusal(int status, std::string_view code) {
  return http_reply(status, str("<Response><Errors><Error><Code>", code,
                                "</Code><Message>why</Message></Error></Errors></Response>"));
}
ServerReply image(std::string_view ends_with_instance) {
  return http_reply(200, str("<DescribeImagesResponse><imagesSet><item><imageId>ami-1</imageId>"
                             "<blockDeviceMapping><item><deviceName>/dev/sdb</deviceName><ebs>"
                             "<deleteOnTermination>",
                             ends_with_instance,
                             "</deleteOnTermination></ebs></item></blockDeviceMapping></item>"
                             "</imagesSet></DescribeImagesResponse>"));
}

bool asks(const ReceivedRequest& request, std::string_view word) {
  return request.body.find(word) != std::string::npos;
}
// EC2 when all is well.
ServerReply content(const ReceivedRequest& request) {
  if (asks(request, "DescribeImages")) return image("true");
  if (asks(request, "TerminateInstances")) return refusal(400, "InvalidInstanceID.NotFound");
  return refusal(412, "DryRunOperation");
}

class Preflight : public testing::Test {
 protected:
  Preflight() {
    settings.region = "us-east-1";
    settings.pools[PoolName{"default"}].image = "ami-1";
  }

  std::vector<std::string> check(const std::string& endpoint) {
    AwsCaller caller(context_, credentials_, lines, AwsSetup{"us-east-1", endpoint, endpoint, ""});
    bool done = false;
    check_aws(caller, lines, settings, *parse_iso8601("2026-11-23T10:00:00Z"),
              [&] { done = true; });
    while (!done && context_.run_one_for(std::chrono::seconds{20}) != 0) continue;
    EXPECT_TRUE(done);
    std::vector<std::string> texts;
    for (const core::Log& line : lines.all) texts.push_back(line.text);
    return texts;
  }

  core::Settings settings;
  Logged lines;

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  AwsCredentials credentials_{[] { return AwsCredentialSet{{"A", "S", ""}, {}, "test"}; }};
};

TEST_F(Preflight, SaysThatAllIsWellAndOnlyAsks) {
  HttpTestServer server(content);
  EXPECT_THAT(check(server.url()), ElementsAre(HasSubstr("EC2 accepts")));
  EXPECT_THAT(server.received(), SizeIs(4));  // image, spot, on-demand, terminate
  for (const ReceivedRequest& request : server.received()) {
    EXPECT_TRUE(asks(request, "Describe") || asks(request, "DryRun=true")) << request.body;
  }
}

TEST_F(Preflight, NamesWhatALaunchWouldFailOver) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return asks(request, "MarketType=spot") ? refusal(400, "InvalidKeyPair.NotFound")
                                            : content(request);
  });
  EXPECT_THAT(check(server.url()), ElementsAre(HasSubstr("[pool.default] key_name")));
  EXPECT_EQ(lines.all[0].level, LogLevel::kAlert);
  EXPECT_EQ(lines.all[0].key, "aws.check");
}

TEST_F(Preflight, NamesTheRightsThatAreMissing) {
  HttpTestServer server(
      [](const ReceivedRequest&) { return refusal(403, "UnauthorizedOperation"); });
  EXPECT_THAT(check(server.url()),
              ElementsAre(HasSubstr("ec2:DescribeImages"), HasSubstr("ec2:RunInstances"),
                          HasSubstr("ec2:TerminateInstances")));
}

TEST_F(Preflight, WarnsOfDisksThatOutliveTheirWorkers) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return asks(request, "DescribeImages") ? image("false") : content(request);
  });
  EXPECT_THAT(check(server.url()), ElementsAre(HasSubstr("keeps the disk /dev/sdb")));
}

TEST_F(Preflight, NamesAnImageThatIsElsewhere) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return asks(request, "DescribeImages")
               ? http_reply(200, "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>")
               : content(request);
  });
  EXPECT_THAT(check(server.url()), ElementsAre(HasSubstr("ami-1 is not in us-east-1")));
}

TEST_F(Preflight, LeavesItToTheListingToSayThatEc2CannotBeAsked) {
  EXPECT_THAT(check(str("http://127.0.0.1:", closed_port())), IsEmpty());
  HttpTestServer server([](const ReceivedRequest&) { return refusal(401, "AuthFailure"); });
  EXPECT_THAT(check(server.url()), IsEmpty());
}

TEST_F(Preflight, SaysOnceThatTheImageDoesNotExist) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return asks(request, "TerminateInstances") ? content(request)
                                               : refusal(400, "InvalidAMIID.NotFound");
  });
  EXPECT_THAT(check(server.url()), ElementsAre(HasSubstr("check [pool.default] image")));
  EXPECT_EQ(lines.all[0].level, LogLevel::kAlert);
}

TEST_F(Preflight, APoolWithoutAnImageIsNotAskedAboutAndNothingIsSaidToBeAccepted) {
  settings.pools[PoolName{"default"}].image.clear();
  HttpTestServer server(content);
  EXPECT_THAT(check(server.url()), IsEmpty());
  EXPECT_THAT(server.received(), SizeIs(1));
}

}  // namespace
}  // namespace cb::io
