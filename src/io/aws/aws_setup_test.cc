#include "io/aws/aws_setup.h"

#include <set>

#include "io/aws/aws_settings_table.h"
#include "io/aws/aws_test_home.h"
#include "io/net/http_test_server.h"

namespace cb::io {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Setup : public AwsTestHome {
 protected:
  Setup() { set("AWS_REGION", "us-east-1"); }
};

TEST_F(Setup, TheRegionIsLookedForInAwsOrder) {
  HttpTestServer server([](const ReceivedRequest& request) {
    return http_reply(200, request.line().starts_with("PUT") ? "tok" : "eu-north-1\n");
  });
  environment.variables.erase("AWS_REGION");
  EXPECT_THAT(no_setup(), HasSubstr("set [aws] region"));
  environment.variables.erase("AWS_EC2_METADATA_DISABLED");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url());
  EXPECT_EQ(setup().region, "eu-north-1");
  write("config", "[default]\n  output = json\n  region = us-west-2\n");
  EXPECT_EQ(setup().region, "us-west-2");
  set("AWS_DEFAULT_REGION", " us-west-1\n");
  EXPECT_EQ(setup().region, "us-west-1");
  set("AWS_REGION", "us-east-2");
  EXPECT_EQ(setup().region, "us-east-2");
  EXPECT_EQ(setup({"us-east-1", ""}).region, "us-east-1");
}

TEST_F(Setup, WhatCannotBeARegionIsRefusedByNameAndNeverItsValue) {
  for (const char* bad : {"hidden.evil/", "hidden-global", "Hidden", "hid den"}) {
    set("AWS_REGION", bad);
    EXPECT_THAT(no_setup(), AllOf(HasSubstr("AWS_REGION is not the name of an AWS region"),
                                  Not(HasSubstr("idden"))));
  }
  EXPECT_THAT(no_setup({"x/", ""}), HasSubstr("[aws] region is not the name"));
}

TEST_F(Setup, AFormerFipsRegionIsTheRegionWithItsFipsEndpoint) {
  set("AWS_REGION", "us-east-1-fips");
  EXPECT_EQ(setup().region, "us-east-1");
  EXPECT_TRUE(setup().kind.fips);
  set("AWS_REGION", "fips-us-west-2");
  EXPECT_EQ(setup().region, "us-west-2");
  EXPECT_TRUE(setup().kind.fips);
}

TEST_F(Setup, AProfileThatCannotBeReadKeepsItFromStarting) {
  write("config", "[default]\nregion\n");
  EXPECT_THAT(no_setup({"us-east-1", ""}), HasSubstr("config line 2"));
  write("config", "[default]\nservices = gone\n");
  EXPECT_THAT(no_setup(), HasSubstr("[services gone]"));
  set("AWS_PROFILE", "gone");
  EXPECT_THAT(no_setup(), HasSubstr("aws configure --profile gone"));
}

TEST_F(Setup, EndpointsAreTakenInAwsOrder) {
  write("config", "[default]\nendpoint_url = http://127.0.0.1:1\n");
  EXPECT_EQ(setup().ec2_endpoint, "http://127.0.0.1:1");
  write("config",
        "[default]\nendpoint_url = http://127.0.0.1:1\nservices = lab\n"
        "[services lab]\nec2 =\n  endpoint_url = http://127.0.0.1:5\n");
  EXPECT_EQ(setup().ec2_endpoint, "http://127.0.0.1:5");
  EXPECT_EQ(setup().sts_endpoint, "http://127.0.0.1:1");
  set("AWS_ENDPOINT_URL", "http://127.0.0.1:2");
  set("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:3 ");
  EXPECT_EQ(setup().ec2_endpoint, "http://127.0.0.1:3");
  EXPECT_EQ(setup().sts_endpoint, "http://127.0.0.1:2");
  EXPECT_EQ(setup({"", "http://127.0.0.1:4"}).ec2_endpoint, "http://127.0.0.1:4");
  EXPECT_EQ(setup({"", "http://127.0.0.1:4"}).sts_endpoint, "http://127.0.0.1:4");
}

TEST_F(Setup, EndpointsOfFilesAndVariablesMayBeSwitchedOff) {
  set("AWS_ENDPOINT_URL", "http://127.0.0.1:2");
  set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True");
  EXPECT_EQ(setup().ec2_endpoint, "");
  EXPECT_EQ(setup({"", "http://127.0.0.1:4"}).sts_endpoint, "http://127.0.0.1:4");
}

TEST_F(Setup, WhatIsNoEndpointIsRefusedByNameAndNeverItsValue) {
  for (const char* bad :
       {"127.0.0.1:hidden", "http://", "http://u:hidden@host", "http://hid den"}) {
    set("AWS_ENDPOINT_URL_STS", bad);
    EXPECT_THAT(no_setup(), AllOf(HasSubstr("AWS_ENDPOINT_URL_STS"), Not(HasSubstr("hid"))));
  }
}

TEST_F(Setup, FipsAndDualStackAreAskedForOfAwssOwnEndpoints) {
  write("config", "[default]\nuse_fips_endpoint = true\n");
  set("AWS_USE_DUALSTACK_ENDPOINT", "true");
  set("AWS_STS_REGIONAL_ENDPOINTS", "legacy");
  EXPECT_EQ(setup().kind,
            (wire::AwsEndpointKind{.fips = true, .dual_stack = true, .sts_legacy = true}));
  set("AWS_USE_FIPS_ENDPOINT", "false");
  EXPECT_FALSE(setup().kind.fips);
  set("AWS_ENDPOINT_URL", "http://127.0.0.1:2");  // is that one, as AWS's tools see it
  EXPECT_EQ(setup().ec2_endpoint, "http://127.0.0.1:2");
}

TEST_F(Setup, CertificatesAreThoseOfTheFirstSettingAndHaveToBeThere) {
  write("ca", "");
  const std::string file = home / ".aws/ca";
  set("REQUESTS_CA_BUNDLE", "/dev/null");
  EXPECT_EQ(setup().ca_file, "/dev/null");
  write("config", "[default]\nca_bundle = " + file + "\nproxy_ca_bundle = /dev/null\n");
  EXPECT_EQ(setup().ca_file, file);
  EXPECT_EQ(setup().proxies.ca_file, "/dev/null");
  set("AWS_CA_BUNDLE", home / "gone");
  EXPECT_THAT(no_setup(), HasSubstr("AWS_CA_BUNDLE names a file that cannot be read"));
}

TEST_F(Setup, ManyMannersAreTakenOver) {
  EXPECT_EQ(setup().user_agent, "compute-broker");
  EXPECT_EQ(setup().attempts_max, std::nullopt);
  set("AWS_EXECUTION_ENV", "AWS_ECS\nX: 1");
  write("config", "[default]\nsdk_ua_app_id = lab one\nmax_attempts = 4\n");
  EXPECT_EQ(setup().user_agent, "compute-broker exec-env/AWS_ECS-X--1 app/lab-one");
  EXPECT_EQ(setup().attempts_max, 4);
  set("HTTPS_PROXY", "proxy:3128");
  EXPECT_EQ(setup().proxies.https, "http://proxy:3128");
}

TEST_F(Setup, AValueThatASettingDoesNotTakeIsRefusedByNameAndNeverTheValue) {
  for (const char* name :
       {"AWS_USE_FIPS_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE",
        "AWS_DEFAULTS_MODE", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_IMDS_USE_IPV6",
        "AWS_METADATA_SERVICE_TIMEOUT", "AWS_EC2_METADATA_DISABLED", "AWS_CSM_ENABLED"}) {
    const std::string before = environment.get(name);
    set(name, "hidden");
    EXPECT_THAT(no_setup(), AllOf(HasSubstr(name), Not(HasSubstr("hidden"))));
    set(name, before);
  }
  write("config", "[default]\nmax_attempts = 0\n");
  EXPECT_THAT(no_setup(),
              HasSubstr("max_attempts of AWS profile default is none of what it takes"));
}

TEST_F(Setup, WhatTheBrokerDoesNotDoIsRefusedUnlessItAsksForNothing) {
  write("config", "[default]\ncsm_enabled = FALSE\nproxy_use_forwarding_for_https = false\n");
  EXPECT_THAT(setup().warnings, IsEmpty());
  write("config", "[default]\nproxy_use_forwarding_for_https = true\n");
  EXPECT_THAT(no_setup(),
              HasSubstr("proxy_use_forwarding_for_https of AWS profile default is set"));
  set("AWS_CSM_ENABLED", "true");
  EXPECT_THAT(no_setup(), HasSubstr("AWS_CSM_ENABLED is set"));
}

TEST_F(Setup, WhatNobodyKnowsIsWarnedOf) {
  write("config", "[default]\ncli_pager =\ns3 =\n  x = y\nsso_region = a\nregoin = hidden\n");
  set("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");
  set("AWS_REGOIN", "hidden");
  set("AWS_EMPTY", "");
  EXPECT_THAT(setup().warnings,
              ElementsAre(HasSubstr("AWS_REGOIN is no setting"),
                          HasSubstr("regoin of AWS profile default is no setting")));
}

TEST(AwsSettingsTable, SpellsEachSettingOnceAndSaysWhatItIs) {
  std::set<std::string_view> seen;
  for (const AwsSettingRow& row : aws_settings_table()) {
    EXPECT_FALSE(row.doc.empty()) << row.variable << row.key;
    for (std::string_view name : {row.variable, row.key}) {
      if (!name.empty()) EXPECT_TRUE(seen.insert(name).second) << name;
    }
  }
}

}  // namespace
}  // namespace cb::io
