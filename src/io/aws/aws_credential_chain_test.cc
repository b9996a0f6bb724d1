// Where keys are found, in which order, and what is said where they are not.

#include <unistd.h>

#include "base/text.h"
#include "io/aws/aws_metadata.h"
#include "io/aws/aws_test_home.h"
#include "io/net/http_test_server.h"

namespace cb::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Credentials : public AwsTestHome {};

TEST_F(Credentials, TheEnvironmentComesFirst) {
  write("credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=S\n");
  set("AWS_ACCESS_KEY_ID", "E");
  EXPECT_THAT(why_not(), HasSubstr("set both"));
  set("AWS_SECRET_ACCESS_KEY", "S");
  set("AWS_SESSION_TOKEN", "T");
  EXPECT_EQ(find().keys, (wire::AwsKeys{"E", "S", "T"}));
  set("AWS_SECURITY_TOKEN", "U");  // the former name
  EXPECT_EQ(find().keys.session_token, "U");
}

TEST_F(Credentials, TheEnvironmentMaySayWhenItsKeysExpire) {
  set("AWS_ACCESS_KEY_ID", "E");
  set("AWS_SECRET_ACCESS_KEY", "S");
  EXPECT_EQ(find().expires, std::nullopt);
  set("AWS_CREDENTIAL_EXPIRATION", "2027-01-01T00:00:00+00:00");
  EXPECT_EQ(find().expires, parse_iso8601("2027-01-01T00:00:00Z"));
  set("AWS_CREDENTIAL_EXPIRATION", "hidden");
  EXPECT_THAT(why_not(), AllOf(HasSubstr("AWS_CREDENTIAL_EXPIRATION"), Not(HasSubstr("hidden"))));
}

TEST_F(Credentials, BlanksAroundKeysOfTheEnvironmentAreDroppedAndInsideTheyAreRefusedByName) {
  set("AWS_ACCESS_KEY_ID", "AKIDLAB\n");
  set("AWS_SECRET_ACCESS_KEY", " S\r\n");
  EXPECT_EQ(find().keys, (wire::AwsKeys{"AKIDLAB", "S", ""}));
  for (const char* bad : {"TOK/1==\nX-Other: 1", "TOK\r1", "TOK 1", "TOK\x01"}) {
    set("AWS_SESSION_TOKEN", bad);
    EXPECT_THAT(why_not(), AllOf(HasSubstr("AWS_SESSION_TOKEN"), Not(HasSubstr("TOK/1"))));
  }
}

TEST_F(Credentials, ThenTheProfileThatIsNamedOrTheDefault) {
  write("credentials",
        "[default]\n  aws_access_key_id=D\n  aws_secret_access_key=S\n"
        "[lab]\naws_access_key_id=L\naws_secret_access_key=S\n");
  EXPECT_EQ(find().keys.id, "D");
  set("AWS_PROFILE", "lab");
  EXPECT_EQ(find().keys.id, "L");
  EXPECT_EQ(find().source, "AWS profile lab");
  set("AWS_PROFILE", "gone");
  EXPECT_THAT(why_not(), HasSubstr("aws configure --profile gone"));
}

TEST_F(Credentials, AConfiguredProfileGoesBeforeTheKeysOfTheEnvironment) {
  write("credentials", "[lab]\naws_access_key_id=L\naws_secret_access_key=S\n");
  set("AWS_ACCESS_KEY_ID", "E");
  set("AWS_SECRET_ACCESS_KEY", "S");
  set("AWS_SECURITY_TOKEN", "T");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/t");
  environment.use_profile("lab");
  EXPECT_EQ(find().keys, (wire::AwsKeys{"L", "S", ""}));
}

TEST_F(Credentials, FilesMayStandElsewhere) {
  write("other", "[default]\naws_access_key_id=O\naws_secret_access_key=S\n");
  for (const char* path : {"~/.aws/other", "$HOME/.aws/other", " ${HOME}/.aws/other\n"}) {
    set("AWS_SHARED_CREDENTIALS_FILE", path);
    EXPECT_EQ(find().keys.id, "O") << path;
  }
  set("AWS_SHARED_CREDENTIALS_FILE", "$NOWHERE/.aws/other");
  EXPECT_THAT(why_not(), HasSubstr("no AWS credentials were found"));
}

TEST_F(Credentials, ACredentialProcessIsRun) {
  write("config",
        "[profile vault]\ncredential_process = printf %s "
        "'{\"Version\":1,\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"S\"}'\n"
        "[profile broken]\ncredential_process = sh -c 'echo no vault >&2; exit 7'\n");
  set("AWS_PROFILE", "vault");
  EXPECT_EQ(find().keys.id, "P");
  set("AWS_PROFILE", "broken");
  EXPECT_THAT(why_not(), HasSubstr("profile broken ended with code 7: no vault"));
}

constexpr const char* kCli = R"(
[ "$*" = "configure export-credentials --format process" ] || exit 9
echo "{\"Version\":1,\"AccessKeyId\":\"$AWS_PROFILE-$AWS_REGION\",\"SecretAccessKey\":\"S\",
\"SessionToken\":\"T\",\"Expiration\":\"2027-01-01T00:00:00+00:00\"}"
)";

TEST_F(Credentials, ARoleIsLeftToTheAwsCli) {
  program("aws", kCli);
  write("config", "[profile lab]\nrole_arn = arn:aws:iam::123456789012:role/x\n");
  set("AWS_ACCESS_KEY_ID", "E");
  environment.use_profile("lab");
  environment.use_configured({"eu-north-1", ""});
  const AwsCredentialSet set = find();
  EXPECT_EQ(set.keys, (wire::AwsKeys{"lab-eu-north-1", "S", "T"}));
  EXPECT_EQ(set.expires, parse_iso8601("2027-01-01T00:00:00Z"));
  EXPECT_EQ(set.source, "the AWS CLI for role_arn of AWS profile lab");
}

TEST_F(Credentials, WebIdentityOfTheEnvironmentGoesBeforeKeysOfTheProfile) {
  program("aws", kCli);
  write("credentials", "[default]\naws_access_key_id=D\naws_secret_access_key=S\n");
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
  EXPECT_EQ(find().source, "the AWS CLI for AWS_WEB_IDENTITY_TOKEN_FILE");
}

TEST_F(Credentials, WithoutTheAwsCliTheSentenceNamesThePackage) {
  set("PATH", home / "bin");
  write("config", "[default]\nsso_account_id = 1\nsso_role_name = x\n");
  EXPECT_THAT(why_not(), AllOf(HasSubstr("sso_account_id of AWS profile default"),
                               HasSubstr("apt-get install awscli")));
  program("aws",
          "echo 'aws: error: argument subcommand: Invalid choice, valid choices are:' >&2\n"
          "exit 2\n");
  EXPECT_THAT(why_not(), AllOf(HasSubstr((home / "bin/aws").string() + " does not have"),
                               HasSubstr("install version 2.9.19 or later")));
}

TEST_F(Credentials, WhatTheAwsCliSaysIsSaid) {
  write("config", "[default]\nsso_account_id = 1\nsso_role_name = x\n");
  program("aws", "echo hidden; printf 'The SSO session has\\nexpired' >&2; exit 255\n");
  EXPECT_THAT(why_not(), AllOf(HasSubstr("The SSO session has expired"), HasSubstr("aws sso login"),
                               Not(HasSubstr("hidden"))));
  program("aws", "exit 255\n");
  EXPECT_THAT(why_not(), HasSubstr("ended with code 255"));
  program("aws", "echo hidden\n");
  EXPECT_THAT(why_not(), AllOf(HasSubstr("gave no JSON object"), Not(HasSubstr("hidden"))));
}

TEST_F(Credentials, FilesOfTheFormerToolsAreRead) {
  std::ofstream(home / "ec2") << "AWSAccessKeyId=M\nAWSSecretKey = S\r\n";
  std::ofstream(home / ".boto") << "[Credentials]\naws_access_key_id = B\n"
                                   "aws_secret_access_key = S\n";
  EXPECT_EQ(find().keys, (wire::AwsKeys{"B", "S", ""}));
  set("AWS_CREDENTIAL_FILE", "~/ec2");
  EXPECT_EQ(find().keys, (wire::AwsKeys{"M", "S", ""}));
  std::ofstream(home / "ec2") << "AWSAccessKeyId=M\n";
  EXPECT_THAT(why_not(), HasSubstr("AWS_CREDENTIAL_FILE has AWSAccessKeyId and no AWSSecretKey"));
}

TEST_F(Credentials, ABrokenFileIsSaidWithItsLine) {
  write("config", "[default]\nregion\n");
  EXPECT_THAT(why_not(), HasSubstr("config line 2"));
}

TEST_F(Credentials, NothingAnywhereSaysWhatToDo) {
  EXPECT_THAT(why_not(), HasSubstr("run aws configure as the broker's user"));
}

TEST_F(Credentials, AContainerEndpointIsAskedWithItsToken) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return request.header("Authorization") == "word"
               ? http_reply(200, R"({"AccessKeyId":"C","SecretAccessKey":"S","Token":"T"})")
               : http_reply(403, "");
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/keys");
  EXPECT_THAT(why_not(), HasSubstr("403"));
  EXPECT_EQ(server.received().size(), 3u);
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "word\n");
  EXPECT_EQ(find().keys, (wire::AwsKeys{"C", "S", "T"}));
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hid\nden");
  EXPECT_THAT(why_not(), AllOf(HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN holds a line break"),
                               Not(HasSubstr("hid"))));
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home / "gone");
  EXPECT_THAT(why_not(), HasSubstr("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names a file"));
}

TEST_F(Credentials, AContainerEndpointElsewhereIsNotAskedInTheClear) {
  for (const char* url : {"http://192.0.2.1/keys", "http://127.0.0.1.example.invalid/keys",
                          "http://localhost.example.invalid/", "ftp://127.0.0.1/"}) {
    set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    EXPECT_THAT(why_not(), HasSubstr("neither https nor on this machine"));
  }
}

// Instance metadata, version 2: nothing without the token.
ServerReply metadata(const ReceivedRequest& request) {
  if (request.line() == "PUT /latest/api/token HTTP/1.1") return http_reply(200, "tok");
  if (request.header("X-aws-ec2-metadata-token") != "tok") return http_reply(401, "");
  const std::string base = "GET /latest/meta-data/iam/security-credentials/";
  if (request.line() == base + " HTTP/1.1") return http_reply(200, "broker-role\n");
  if (request.line() == base + "broker-role HTTP/1.1") {
    return http_reply(200, R"({"Code":"Success","AccessKeyId":"I","SecretAccessKey":"S",
        "Token":"T","Expiration":"2026-11-23T10:00:00Z"})");
  }
  return http_reply(404, "");
}

TEST_F(Credentials, TheInstanceRoleIsAskedLastByVersion2) {
  HttpTestServer server(metadata);
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  write("config", "[default]\nec2_metadata_service_endpoint = " + server.url() + "/\n");
  const AwsCredentialSet set = find();
  EXPECT_EQ(set.keys, (wire::AwsKeys{"I", "S", "T"}));
  EXPECT_EQ(set.expires, parse_iso8601("2026-11-23T10:00:00Z"));
  EXPECT_EQ(set.source, "the instance role broker-role");
  environment.variables["AWS_EC2_METADATA_DISABLED"] = "TRUE";
  EXPECT_THAT(why_not(), HasSubstr("no AWS credentials were found"));
}

TEST_F(Credentials, MetadataThatStumblesAreAskedAsOftenAsTheSettingSays) {
  HttpTestServer server([n = 0](const ReceivedRequest& request) mutable {
    return ++n % 3 == 0 ? metadata(request) : http_reply(503, "");
  });
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url());
  EXPECT_THAT(why_not(), HasSubstr("no AWS credentials were found"));
  set("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
  EXPECT_EQ(find().keys.id, "I");
}

}  // namespace
}  // namespace cb::io
