#include "io/aws_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>

#include "base/text.h"
#include "io/aws_metadata.h"
#include "io/http_test_server.h"

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::Not;

// A home with the files of `aws configure`, and an environment that looks nowhere else.
class Home : public testing::Test {
 protected:
  Home() {
    std::string pattern = testing::TempDir() + "aws-home-XXXXXX";
    home_ = mkdtemp(pattern.data());
    std::filesystem::create_directory(home_ / ".aws");
    environment.variables = {{"HOME", home_}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~Home() override { std::filesystem::remove_all(home_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(home_ / ".aws" / name) << text;
  }
  AwsCredentialSet find() {
    auto found = find_credentials(environment);
    EXPECT_TRUE(found) << found.error().what;
    return found ? *found : AwsCredentialSet{};
  }
  std::string why_not() {
    auto found = find_credentials(environment);
    EXPECT_FALSE(found);
    return found ? "" : found.error().what;
  }

  AwsEnvironment environment;
  std::filesystem::path home_;
};

TEST_F(Home, TheEnvironmentComesFirst) {
  write("credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=S\n");
  environment.variables["AWS_ACCESS_KEY_ID"] = "E";
  EXPECT_THAT(why_not(), HasSubstr("set both"));
  environment.variables["AWS_SECRET_ACCESS_KEY"] = "S";
  environment.variables["AWS_SESSION_TOKEN"] = "T";
  EXPECT_EQ(find().keys, (wire::AwsKeys{"E", "S", "T"}));
}

TEST_F(Home, ThenTheProfileThatIsNamedOrTheDefault) {
  write("credentials",
        "[default]\naws_access_key_id=D\naws_secret_access_key=S\n"
        "[lab]\naws_access_key_id=L\naws_secret_access_key=S\n");
  EXPECT_EQ(find().keys.id, "D");
  environment.variables["AWS_PROFILE"] = "lab";
  EXPECT_EQ(find().keys.id, "L");
  EXPECT_EQ(find().source, "AWS profile lab");
  environment.variables["AWS_PROFILE"] = "gone";
  EXPECT_THAT(why_not(), HasSubstr("aws configure --profile gone"));
}

TEST_F(Home, AConfiguredProfileGoesBeforeTheKeysOfTheEnvironment) {
  write("credentials", "[lab]\naws_access_key_id=L\naws_secret_access_key=S\n");
  environment.variables["AWS_ACCESS_KEY_ID"] = "E";
  environment.variables["AWS_SECRET_ACCESS_KEY"] = "S";
  environment.use_profile("lab");
  EXPECT_EQ(find().keys.id, "L");
}

TEST_F(Home, FilesMayStandElsewhere) {
  environment.variables["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/other";
  write("other", "[default]\naws_access_key_id=O\naws_secret_access_key=S\n");
  EXPECT_EQ(find().keys.id, "O");
}

TEST_F(Home, ACredentialProcessIsRun) {
  write("config",
        "[profile vault]\ncredential_process = printf "
        "'{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"S\"}'\n"
        "[profile broken]\ncredential_process = exit 7\n");
  environment.variables["AWS_PROFILE"] = "vault";
  EXPECT_EQ(find().keys.id, "P");
  environment.variables["AWS_PROFILE"] = "broken";
  EXPECT_THAT(why_not(), HasSubstr("profile broken ended with code 7"));
}

TEST_F(Home, ABrokenFileIsSaidWithItsLine) {
  write("config", "[default]\nregion\n");
  EXPECT_THAT(why_not(), HasSubstr("config line 2"));
}

TEST_F(Home, NothingAnywhereSaysWhatToDo) {
  EXPECT_THAT(why_not(), HasSubstr("run aws configure as the broker's user"));
}

TEST_F(Home, AContainerEndpointIsAskedWithItsToken) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return request.header("Authorization") == "word"
               ? http_reply(200, R"({"AccessKeyId":"C","SecretAccessKey":"S","Token":"T"})")
               : http_reply(403, "");
  });
  environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url() + "/keys";
  EXPECT_THAT(why_not(), HasSubstr("403"));
  environment.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "word";
  EXPECT_EQ(find().keys, (wire::AwsKeys{"C", "S", "T"}));
}

TEST_F(Home, AContainerEndpointElsewhereIsNotAskedInTheClear) {
  for (const char* url : {"http://192.0.2.1/keys", "http://127.0.0.1.example.invalid/keys",
                          "http://localhost.example.invalid/", "ftp://127.0.0.1/"}) {
    environment.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_THAT(why_not(), HasSubstr("neither https nor on this machine"));
  }
}

// Instance metadata, version 2: nothing without the token.
ServerReply metadata(const ReceivedRequest& request) {
  if (request.line() == "PUT /latest/api/token HTTP/1.1") return http_reply(200, "tok");
  if (request.header("X-aws-ec2-metadata-token") != "tok") return http_reply(401, "");
  const std::string base = "GET /latest/meta-data/";
  if (request.line() == base + "iam/security-credentials/ HTTP/1.1") {
    return http_reply(200, "broker-role\n");
  }
  if (request.line() == base + "iam/security-credentials/broker-role HTTP/1.1") {
    return http_reply(200, R"({"Code":"Success","AccessKeyId":"I","SecretAccessKey":"S",
        "Token":"T","Expiration":"2026-11-23T10:00:00Z"})");
  }
  if (request.line() == base + "placement/region HTTP/1.1") return http_reply(200, "eu-north-1");
  return http_reply(404, "");
}

TEST_F(Home, TheInstanceRoleIsAskedLastByVersion2) {
  HttpTestServer server(metadata);
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  environment.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url() + "/";
  const AwsCredentialSet set = find();
  EXPECT_EQ(set.keys, (wire::AwsKeys{"I", "S", "T"}));
  EXPECT_EQ(set.expires, parse_iso8601("2026-11-23T10:00:00Z"));
  EXPECT_EQ(set.source, "the instance role broker-role");
}

TEST_F(Home, TheRegionIsLookedForInAwsOrder) {
  HttpTestServer server(metadata);
  const auto region = [&](const std::string& configured = "") {
    auto setup = find_aws_setup(environment, {configured, ""});
    return setup ? setup->region : setup.error().what;
  };
  EXPECT_THAT(region(), HasSubstr("set [aws] region"));
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  environment.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url();
  EXPECT_EQ(region(), "eu-north-1");
  write("config", "[default]\nregion = us-west-2\n");
  EXPECT_EQ(region(), "us-west-2");
  environment.variables["AWS_DEFAULT_REGION"] = "us-west-1";
  EXPECT_EQ(region(), "us-west-1");
  environment.variables["AWS_REGION"] = "us-east-2";
  EXPECT_EQ(region(), "us-east-2");
  EXPECT_EQ(region("us-east-1"), "us-east-1");
  EXPECT_THAT(region("us-east-1.evil/"), HasSubstr("is not the name of an AWS region"));
}

TEST_F(Home, ABrokenProfileMattersOnlyWhereTheRegionWouldComeFromIt) {
  write("config", "[default]\nregion\n");
  EXPECT_EQ(find_aws_setup(environment, {"us-east-1", ""})->region, "us-east-1");
  auto setup = find_aws_setup(environment, {});
  ASSERT_FALSE(setup);
  EXPECT_THAT(setup.error().what, HasSubstr("config line 2"));
}

TEST_F(Home, EndpointsAreTakenFromTheEnvironmentAndTheProfile) {
  write("config", "[default]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:1\n");
  auto setup = find_aws_setup(environment, {});
  EXPECT_EQ(setup->ec2_endpoint, "http://127.0.0.1:1");
  environment.variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:2";
  environment.variables["AWS_ENDPOINT_URL_EC2"] = "http://127.0.0.1:3";
  setup = find_aws_setup(environment, {});
  EXPECT_EQ(setup->ec2_endpoint, "http://127.0.0.1:3");
  EXPECT_EQ(setup->sts_endpoint, "http://127.0.0.1:2");
  environment.variables["AWS_ENDPOINT_URL_EC2"] = "127.0.0.1:3";
  EXPECT_FALSE(find_aws_setup(environment, {}));
  setup = find_aws_setup(environment, {"", "http://127.0.0.1:4"});
  EXPECT_EQ(setup->ec2_endpoint, "http://127.0.0.1:4");
  EXPECT_EQ(setup->sts_endpoint, "http://127.0.0.1:4");
  environment.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(find_aws_setup(environment, {})->ec2_endpoint, "");
  EXPECT_EQ(default_endpoint("ec2", "us-east-1"), "https://ec2.us-east-1.amazonaws.com");
  EXPECT_EQ(default_endpoint("sts", "cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
}

// Keys that count the attempts: the first attempt gives "1".
class Counted {
 public:
  std::function<Result<AwsCredentialSet>()> find(std::optional<Duration> lifetime = {}) {
    return [this, lifetime]() -> Result<AwsCredentialSet> {
      const int n = ++attempts;
      if (failing) return Error{"no luck"};
      AwsCredentialSet set{{std::to_string(n), "S", ""}, {}, "test"};
      if (lifetime) {
        set.expires = std::chrono::floor<Duration>(std::chrono::system_clock::now()) + *lifetime;
      }
      return set;
    };
  }
  std::atomic<int> attempts = 0;
  std::atomic<bool> failing = false;
};

void refresh_and_wait(AwsCredentials& credentials) {
  std::promise<void> ended;
  credentials.refresh([&] { ended.set_value(); });
  ASSERT_EQ(ended.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
}

void wait_for_attempts(const Counted& counted, int n) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (counted.attempts < n && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  ASSERT_GE(counted.attempts, n);
}

constexpr AwsCredentialLimits kQuick{.renew_before = minutes{5},
                                     .retry_interval = milliseconds{1},
                                     .forced_interval = milliseconds{0}};

TEST(AwsCredentials, KeysThatDoNotExpireAreFoundOnceUntilAskedFor) {
  Counted counted;
  AwsCredentials credentials(counted.find(), kQuick);
  wait_for_attempts(counted, 1);
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->set->keys.id, std::to_string(counted.attempts.load()));
  EXPECT_EQ(counted.attempts, 2);
}

TEST(AwsCredentials, TheFirstRefreshWaitsForTheFirstAttempt) {
  Counted counted;
  AwsCredentials credentials(counted.find(), {.forced_interval = hours{1}});
  refresh_and_wait(credentials);
  refresh_and_wait(credentials);
  EXPECT_EQ(counted.attempts, 1);  // the second came within forced_interval
  EXPECT_EQ(credentials.current()->set->keys.id, "1");
}

TEST(AwsCredentials, KeysAreRenewedBeforeTheyExpire) {
  Counted counted;
  AwsCredentials credentials(counted.find(minutes{4}), kQuick);  // within renew_before: at once
  wait_for_attempts(counted, 3);
  Counted lasting;
  AwsCredentials longer(lasting.find(hours{1}), kQuick);
  refresh_and_wait(longer);
  EXPECT_LE(lasting.attempts, 2);
}

TEST(AwsCredentials, AFailureKeepsTheKeysSaysWhyAndIsTriedAgain) {
  Counted counted;
  AwsCredentials credentials(counted.find(), kQuick);
  refresh_and_wait(credentials);
  const std::string before = credentials.current()->set->keys.id;
  counted.failing = true;
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->problem, "no luck");
  EXPECT_EQ(credentials.current()->set->keys.id, before);
  wait_for_attempts(counted, counted.attempts + 2);
  counted.failing = false;
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->problem, "");
}

}  // namespace
}  // namespace cb::io
