// What EC2 takes and what it refuses.

#include <gtest/gtest.h>

#include "ec2sim/model/test_bench.h"
#include "ec2sim/model/zones.h"
#include "wire/sigv4.h"

namespace cb::ec2sim {
namespace {

TEST(RunInstances, TheSameTokenAndParametersGiveTheSameInstance) {
  TestBench bench;
  const auto one = bench.launch({{"ClientToken", "t"}});
  bench.pass(seconds{5});
  const auto other = bench.launch({{"ClientToken", "t"}});
  EXPECT_EQ(text_in(one.body, "instanceId"), text_in(other.body, "instanceId"));
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(RunInstances, ATokenWithOtherParametersIsRefused) {
  TestBench bench;
  bench.launch({{"ClientToken", "t"}});
  const auto other = bench.launch({{"ClientToken", "t"}, {"KeyName", "dserv-workers"}});
  EXPECT_EQ(code_of(other), "IdempotentParameterMismatch");
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(RunInstances, ATokenWhoseInstanceHasEndedIsRefused) {
  TestBench bench;
  bench.launch({{"ClientToken", "t"}});
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(code_of(bench.launch({{"ClientToken", "t"}})), "IdempotentInstanceTerminated");
}

TEST(RunInstances, WithANamedZoneATokenIsZonal) {
  TestBench bench;
  for (const char* zone : {"us-east-1a", "us-east-1b"}) {
    bench.launch({{"ClientToken", "t"}, {"Placement.AvailabilityZone", zone}});
  }
  EXPECT_EQ(bench.service.instances().all().size(), 2u);
}

TEST(RunInstances, ADryRunLaunchesNothingAndSaysSo) {
  TestBench bench;
  const auto answer = bench.launch({{"DryRun", "true"}});
  EXPECT_EQ(code_of(answer), "DryRunOperation");
  EXPECT_EQ(answer.status, 412);
  EXPECT_TRUE(bench.service.instances().all().empty());
}

struct Refused {
  Form form;
  std::string code;
};

TEST(RunInstances, RefusesWhatEc2Refuses) {
  const std::string eni = "NetworkInterface.1.";
  const std::vector<Refused> all{
      {{{"Foo", "1"}}, "UnknownParameter"},
      {{{"TagSpecification.0.ResourceType", "instance"}}, "UnknownParameter"},
      {{{"MinCount", "x"}}, "InvalidParameterValue"},
      {{{"MinCount", "0"}}, "InvalidParameterValue"},
      {{{"MinCount", "2"}}, "InvalidParameterValue"},
      {{{"KeyName", "none"}}, "InvalidKeyPair.NotFound"},
      {{{"SecurityGroup.1", "none"}}, "InvalidGroup.NotFound"},
      {{{"SecurityGroupId.1", "sg-1"}}, "InvalidGroup.NotFound"},
      {{{"SecurityGroupId.1", "dserv-workers"}}, "InvalidGroupId.Malformed"},
      {{{"SubnetId", "subnet-1"}}, "InvalidSubnetID.NotFound"},
      {{{"SubnetId", subnet_of("us-east-1a")}, {"Placement.AvailabilityZone", "us-east-1b"}},
       "InvalidParameterValue"},
      {{{eni + "DeviceIndex", "0"}, {"NetworkInterface.2.DeviceIndex", "1"}},
       "UnsupportedOperation"},
      {{{"Placement.AvailabilityZone", "us-west-2a"}}, "InvalidParameterValue"},
      {{{"SecurityGroup.1", "default"}, {"SubnetId", "subnet-1"}}, "InvalidParameterCombination"},
      {{{"SecurityGroupId.1", "sg-0d5e12fe0a10c0001"}, {eni + "DeviceIndex", "0"}},
       "InvalidParameterCombination"},
      {{{"SubnetId", "subnet-1"}, {eni + "DeviceIndex", "0"}}, "InvalidParameterCombination"},
      {{{eni + "AssociatePublicIpAddress", "true"}}, "MissingParameter"},
      {{{"UserData", "%"}}, "InvalidUserData.Malformed"},
      {{{"UserData", std::string(24 * 1024, 'A')}}, "InvalidParameterValue"},
      {{{"ClientToken", std::string(65, 'a')}}, "InvalidParameterValue"},
      {{{"TagSpecification.1.ResourceType", "cat"}}, "InvalidParameterValue"},
      {{{"TagSpecification.1.ResourceType", "spot-instances-request"}},
       "InvalidParameterCombination"},
      {{{"LaunchTemplate.Version", "1"}}, "MissingParameter"},
      {{{"InstanceInitiatedShutdownBehavior", "explode"}}, "InvalidParameterValue"},
      {{{"InstanceMarketOptions.SpotOptions.MaxPrice", "nan"}}, "InvalidParameterValue"},
      {{{"InstanceMarketOptions.MarketType", "spot"},
        {"InstanceMarketOptions.SpotOptions.MaxPrice", "0.01"}},
       "SpotMaxPriceTooLow"},
  };
  TestBench bench;
  for (const auto& [form, code] : all) {
    EXPECT_EQ(code_of(bench.launch(form)), code) << form[0].first << '=' << form[0].second;
  }
  EXPECT_TRUE(bench.service.instances().all().empty());
}

TEST(RunInstances, NamesWhatIsMissingOrDoesNotExist) {
  Settings settings = exact_settings();
  settings.images = {"ami-1"};
  TestBench bench(settings);
  EXPECT_EQ(code_of(bench.ask("RunInstances")), "MissingParameter");
  const auto with = [&](const char* image, const char* type) {
    return code_of(bench.ask(
        "RunInstances",
        {{"ImageId", image}, {"InstanceType", type}, {"MinCount", "1"}, {"MaxCount", "1"}}));
  };
  EXPECT_EQ(with("ami-2", "c7i.16xlarge"), "InvalidAMIID.NotFound");
  EXPECT_EQ(with("nonsense", "c7i.16xlarge"), "InvalidAMIID.Malformed");
  EXPECT_EQ(with("ami-1", "c7i.7xlarge"), "InvalidParameterValue");
  EXPECT_EQ(with("ami-1", "c7i.16xlarge"), "");
}

TEST(RunInstances, UserDataIsDecodedForWhoeverAsksTheControlEndpoint) {
  TestBench bench;
  bench.launch({{"UserData", wire::base64("#!/bin/sh\nshutdown -h +720\n")}});
  EXPECT_EQ(bench.control("instances/" + bench.first_id()).at("user_data").as_string(),
            "#!/bin/sh\nshutdown -h +720\n");
}

TEST(RunInstances, AnInterfaceWithoutPublicAddressHasNone) {
  TestBench bench;
  const std::string eni = "NetworkInterface.1.";
  bench.launch({{eni + "DeviceIndex", "0"}, {eni + "AssociatePublicIpAddress", "false"}});
  bench.pass(seconds{3});
  const std::string xml = bench.ask("DescribeInstances").body;
  EXPECT_EQ(text_in(xml, "ipAddress"), "");
  EXPECT_EQ(text_in(xml, "privateIpAddress"), "127.70.0.1");
}

TEST(Capacity, APartOfALaunchIsEnoughFromTheMinimumOn) {
  Settings settings = exact_settings();
  settings.capacity = {{"spot", "c7i.16xlarge", "", 3}};
  TestBench bench(settings);
  const Form spot{{"InstanceMarketOptions.MarketType", "spot"}};
  const auto some = [&](const char* least, const char* most) {
    return bench.launch({{"MinCount", least}, {"MaxCount", most}, spot[0]});
  };
  EXPECT_EQ(code_of(some("4", "5")), "InsufficientInstanceCapacity");
  EXPECT_EQ(some("1", "5").status, 200);
  EXPECT_EQ(bench.service.instances().all().size(), 3u);
  EXPECT_EQ(some("1", "1").status, 500);
  EXPECT_EQ(bench.launch().status, 200) << "on-demand has no such rule";
}

TEST(Capacity, AnotherZoneServesWhatOneHasNot) {
  Settings settings = exact_settings();
  settings.capacity = {{"", "", "us-east-1a", 0}, {"", "", "us-east-1c", 0}};
  TestBench bench(settings);
  bench.launch();
  EXPECT_EQ(bench.first().zone, "us-east-1b");
  EXPECT_EQ(code_of(bench.launch({{"Placement.AvailabilityZone", "us-east-1a"}})),
            "InsufficientInstanceCapacity");
}

TEST(Quota, CountsVcpusOfEachMarketByItself) {
  Settings settings = exact_settings();
  settings.spot_vcpus = 64;
  settings.on_demand_vcpus = 63;
  TestBench bench(settings);
  const Form spot{{"InstanceMarketOptions.MarketType", "spot"}};
  EXPECT_EQ(bench.launch(spot).status, 200);
  EXPECT_EQ(code_of(bench.launch(spot)), "MaxSpotInstanceCountExceeded");
  EXPECT_EQ(code_of(bench.launch()), "VcpuLimitExceeded");
  bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}});
  EXPECT_EQ(bench.launch(spot).status, 200);
}

TEST(TerminateInstances, OneBadIdFailsTheWholeCall) {
  TestBench bench;
  bench.launch();
  const auto answer = bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()},
                                                       {"InstanceId.2", "i-0123456789abcdef0"}});
  EXPECT_EQ(code_of(answer), "InvalidInstanceID.NotFound");
  EXPECT_TRUE(bench.first().alive(bench.now.boot));
}

TEST(TerminateInstances, ASecondTimeIsNoError) {
  TestBench bench;
  bench.launch();
  bench.pass(seconds{5});
  const Form form{{"InstanceId.1", bench.first_id()}};
  EXPECT_EQ(bench.ask("TerminateInstances", form).status, 200);
  bench.pass(seconds{5});
  const auto again = bench.ask("TerminateInstances", form);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(text_in(again.body, "name"), "terminated");
}

TEST(Throttling, HasABucketForEachKindOfCall) {
  Settings settings = exact_settings();
  settings.throttling = true;
  TestBench bench(settings);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.launch().status, 200);
  const auto refused = bench.launch();
  EXPECT_EQ(code_of(refused), "RequestLimitExceeded");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(bench.ask("DescribeInstances").status, 200);
  bench.pass(milliseconds{500});
  EXPECT_EQ(bench.launch().status, 200);
}

TEST(Faults, AnErrorHasNoEffectAndEndsWithItsCount) {
  TestBench bench;
  bench.control("settings", R"({"faults":[{"action":"RunInstances","do":"error",
                                "code":"InsufficientInstanceCapacity","next":1}]})");
  EXPECT_EQ(code_of(bench.launch()), "InsufficientInstanceCapacity");
  EXPECT_TRUE(bench.service.instances().all().empty());
  EXPECT_EQ(bench.launch().status, 200);
}

TEST(Faults, AnAnswerMayBeLostBeforeOrAfterTheEffect) {
  TestBench bench;
  bench.control("settings", R"({"faults":[{"action":"RunInstances","do":"lose_before","next":1},
                                          {"action":"RunInstances","do":"lose_after","next":1}]})");
  EXPECT_EQ(bench.launch().delivery, Delivery::kClose);
  EXPECT_TRUE(bench.service.instances().all().empty());
  EXPECT_EQ(bench.launch().delivery, Delivery::kClose);
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(Faults, ASlowAnswerHappensAtOnceAndComesLater) {
  TestBench bench;
  bench.control("settings", R"({"faults":[{"action":"RunInstances","do":"slow","delay":"3s"}]})");
  EXPECT_EQ(bench.launch().delay, seconds{3});
  EXPECT_EQ(bench.service.instances().all().size(), 1u);
}

TEST(Regions, AreWorldsOfTheirOwn) {
  TestBench bench;
  bench.launch();
  EXPECT_EQ(text_in(bench.ask("DescribeInstances", {}, "eu-west-1").body, "instanceId"), "");
  EXPECT_EQ(
      code_of(bench.ask("TerminateInstances", {{"InstanceId.1", bench.first_id()}}, "eu-west-1")),
      "InvalidInstanceID.NotFound");
}

// Signed as our own client does it; botocore's signatures are tried end to end.
HttpRequest signed_request(const TestBench& bench, const wire::AwsKeys& keys) {
  HttpRequest request{"POST", "/", {{"host", "h"}}, "Action=DescribeInstances&Version=2016-11-15"};
  wire::RequestToSign to_sign;
  to_sign.headers = {{"Host", "h"}};
  to_sign.body = request.body;
  const WallTime at{std::chrono::duration_cast<milliseconds>(bench.now.wall)};
  for (const auto& [name, value] : wire::sign_v4(to_sign, {"us-east-1", "ec2", at}, keys)) {
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    request.headers.emplace_back(lower, value);
  }
  return request;
}

class Signed : public ::testing::Test {
 protected:
  Signed()
      : bench([] {
          Settings settings = exact_settings();
          settings.verify_signatures = true;
          settings.access_keys["temporary"] = {"secret", "token"};
          return settings;
        }()) {}
  std::string code(const HttpRequest& request) {
    return code_of(bench.service.handle(request, bench.now));
  }
  TestBench bench;
};

TEST_F(Signed, AGoodSignatureIsTaken) {
  EXPECT_EQ(code(signed_request(bench, {"test", "test", ""})), "");
  EXPECT_EQ(code(signed_request(bench, {"temporary", "secret", "token"})), "");
}

TEST_F(Signed, AnUnknownKeyAWrongSecretOrTokenIsRefused) {
  EXPECT_EQ(code(signed_request(bench, {"nobody", "test", ""})), "AuthFailure");
  EXPECT_EQ(code(signed_request(bench, {"test", "wrong", ""})), "AuthFailure");
  EXPECT_EQ(code(signed_request(bench, {"temporary", "secret", "other"})), "AuthFailure");
  EXPECT_EQ(code(signed_request(bench, {"temporary", "secret", ""})), "AuthFailure");
}

TEST_F(Signed, AChangedBodyIsRefused) {
  HttpRequest request = signed_request(bench, {"test", "test", ""});
  request.body += "&MaxResults=5";
  EXPECT_EQ(code(request), "AuthFailure");
}

TEST_F(Signed, AnOldSignatureHasExpired) {
  const HttpRequest request = signed_request(bench, {"test", "test", ""});
  bench.pass(std::chrono::minutes{5});
  EXPECT_EQ(code(request), "");
  bench.pass(seconds{1});
  EXPECT_EQ(code(request), "RequestExpired");
}

TEST_F(Signed, ASignatureForAnotherServiceIsRefused) {
  HttpRequest request = form_request("GetCallerIdentity", {});
  bench.service.settings().verify_signatures = false;
  EXPECT_EQ(code(request), "SignatureDoesNotMatch");
}

TEST_F(Signed, AnUnsignedRequestIsRefused) {
  HttpRequest request = signed_request(bench, {"test", "test", ""});
  request.headers.resize(1);
  EXPECT_EQ(code(request), "MissingAuthenticationToken");
}

}  // namespace
}  // namespace cb::ec2sim
