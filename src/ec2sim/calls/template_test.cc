// Launch templates: how they are made, found, used and deleted.

#include <gtest/gtest.h>

#include "ec2sim/model/test_bench.h"
#include "ec2sim/model/zones.h"
#include "wire/ec2_request.h"

namespace cb::ec2sim {
namespace {

const std::string kData = "LaunchTemplateData.";

HttpAnswer make(TestBench& bench, const std::string& name, const Form& more = {}) {
  Form form{{"LaunchTemplateName", name}, {kData + "ImageId", "ami-1"}};
  form.insert(form.end(), more.begin(), more.end());
  return bench.ask("CreateLaunchTemplate", form);
}

std::string listed_names(TestBench& bench, const Form& form = {},
                         const std::string& region = "us-east-1") {
  std::string names;
  std::string xml = bench.ask("DescribeLaunchTemplates", form, region).body;
  const std::string open = "<launchTemplateName>";
  for (std::size_t at; (at = xml.find(open)) != std::string::npos;) {
    xml = xml.substr(at + open.size());
    names += xml.substr(0, xml.find('<')) + ' ';
  }
  return names;
}

TEST(LaunchTemplates, TheirNameIsUniqueInItsRegion) {
  TestBench bench;
  EXPECT_EQ(make(bench, "one").status, 200);
  EXPECT_EQ(code_of(make(bench, "one")), "InvalidLaunchTemplateName.AlreadyExistsException");
  const Form form{{"LaunchTemplateName", "one"}, {kData + "ImageId", "ami-1"}};
  EXPECT_EQ(bench.ask("CreateLaunchTemplate", form, "eu-west-1").status, 200);
  EXPECT_EQ(listed_names(bench), "one ");
}

TEST(LaunchTemplates, ATokenMakesTheSameOneOnce) {
  TestBench bench;
  const auto first = make(bench, "one", {{"ClientToken", "t"}});
  const auto again = make(bench, "one", {{"ClientToken", "t"}});
  EXPECT_EQ(text_in(first.body, "launchTemplateId"), text_in(again.body, "launchTemplateId"));
  EXPECT_EQ(code_of(make(bench, "other", {{"ClientToken", "t"}})), "IdempotentParameterMismatch");
}

TEST(LaunchTemplates, ADryRunMakesNone) {
  TestBench bench;
  EXPECT_EQ(code_of(make(bench, "one", {{"DryRun", "true"}})), "DryRunOperation");
  EXPECT_EQ(listed_names(bench), "");
}

TEST(LaunchTemplates, AreListedByNameIdTagAndPage) {
  TestBench bench;
  const std::string id = text_in(make(bench, "one").body, "launchTemplateId");
  make(bench, "two",
       {{"TagSpecification.1.ResourceType", "launch-template"},
        {"TagSpecification.1.Tag.1.Key", "compute-broker"},
        {"TagSpecification.1.Tag.1.Value", "lab"}});
  EXPECT_EQ(listed_names(bench), "one two ");
  EXPECT_EQ(listed_names(bench, {{"LaunchTemplateId.1", id}}), "one ");
  EXPECT_EQ(listed_names(bench, {{"LaunchTemplateName.1", "two"}}), "two ");
  const auto filtered = [&](const char* name, const char* value) {
    return listed_names(bench, {{"Filter.1.Name", name}, {"Filter.1.Value.1", value}});
  };
  EXPECT_EQ(filtered("tag:compute-broker", "lab"), "two ");
  EXPECT_EQ(filtered("tag-key", "compute-broker"), "two ");
  EXPECT_EQ(filtered("launch-template-name", "t*"), "two ");
  const std::string page = bench.ask("DescribeLaunchTemplates", {{"MaxResults", "1"}}).body;
  EXPECT_EQ(listed_names(bench, {{"NextToken", text_in(page, "nextToken")}}), "two ");
}

TEST(LaunchTemplates, WhatDoesNotExistIsRefusedByItsName) {
  TestBench bench;
  for (const std::string action : {"DescribeLaunchTemplates", "DeleteLaunchTemplate"}) {
    const std::string number = action == "DeleteLaunchTemplate" ? "" : ".1";
    const auto code = [&](const std::string& parameter, const std::string& value) {
      return code_of(bench.ask(action, {{parameter + number, value}}));
    };
    EXPECT_EQ(code("LaunchTemplateName", "one"), "InvalidLaunchTemplateName.NotFoundException");
    EXPECT_EQ(code("LaunchTemplateId", "lt-0123456789abcdef0"), "InvalidLaunchTemplateId.NotFound");
    EXPECT_EQ(code("LaunchTemplateId", "one"), "InvalidLaunchTemplateId.Malformed");
  }
  EXPECT_EQ(code_of(bench.ask("DeleteLaunchTemplate")), "MissingParameter");
  EXPECT_EQ(code_of(bench.ask("DescribeLaunchTemplates",
                              {{"Filter.1.Name", "color"}, {"Filter.1.Value.1", "red"}})),
            "InvalidParameterValue");
}

TEST(LaunchTemplates, ADeletedOnesNameIsFree) {
  TestBench bench;
  make(bench, "one");
  const auto deleted = bench.ask("DeleteLaunchTemplate", {{"LaunchTemplateName", "one"}});
  EXPECT_EQ(text_in(deleted.body, "launchTemplateName"), "one");
  EXPECT_EQ(listed_names(bench), "");
  EXPECT_EQ(make(bench, "one").status, 200);
}

TEST(LaunchTemplates, WhatIsMalformedIsRefused) {
  TestBench bench;
  const auto code = [&](const std::string& parameter, const std::string& value) {
    return code_of(make(bench, "one", {{parameter, value}}));
  };
  EXPECT_EQ(code(kData + "UserData", "%"), "InvalidUserData.Malformed");
  EXPECT_EQ(code(kData + "InstanceType", "c7i.7xlarge"), "InvalidParameterValue");
  EXPECT_EQ(code(kData + "SubnetId", "subnet-1"), "UnknownParameter");
  EXPECT_EQ(code(kData + "MinCount", "1"), "UnknownParameter");
  EXPECT_EQ(code(kData + "LicenseSpecification.1.LicenseConfigurationArn", "x"),
            "UnsupportedOperation");
  EXPECT_EQ(code("TagSpecification.1.ResourceType", "instance"), "InvalidParameterValue");
  EXPECT_EQ(code_of(make(bench, "a b c")), "InvalidLaunchTemplateName.MalformedException");
  EXPECT_EQ(code_of(bench.ask("CreateLaunchTemplate", {{"LaunchTemplateName", "one"}})),
            "MissingParameter");
  EXPECT_EQ(listed_names(bench), "");
}

TEST(LaunchTemplates, WhatDoesNotExistYetIsAWarning) {
  TestBench bench;
  const auto answer = make(bench, "one", {{kData + "KeyName", "none"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(text_in(answer.body, "code"), "InvalidKeyPair.NotFound");
  EXPECT_EQ(text_in(make(bench, "two").body, "warning"), "");
}

TEST(LaunchTemplates, TheirOneVersionIsShown) {
  TestBench bench;
  make(bench, "one", {{kData + "InstanceType", "c7i.large"}, {"VersionDescription", "first"}});
  make(bench, "two");
  const auto ask = [&](const Form& form) {
    return bench.ask("DescribeLaunchTemplateVersions", form);
  };
  const std::string xml = ask({{"LaunchTemplateName", "one"}}).body;
  EXPECT_EQ(text_in(xml, "versionDescription"), "first");
  EXPECT_EQ(text_in(xml, "imageId"), "ami-1");
  EXPECT_EQ(text_in(xml, "instanceType"), "c7i.large");
  const std::string all = ask({{"LaunchTemplateVersion.1", "$Latest"}}).body;
  EXPECT_NE(all.find("one"), std::string::npos);
  EXPECT_NE(all.find("two"), std::string::npos);
  EXPECT_EQ(code_of(ask({{"LaunchTemplateName", "one"}, {"LaunchTemplateVersion.1", "2"}})),
            "InvalidLaunchTemplateId.VersionNotFound");
  EXPECT_EQ(code_of(ask({})), "MissingParameter");
}

TEST(RunInstances, LaunchesFromATemplateWithItsOwnParametersOverIt) {
  TestBench bench;
  make(bench, "one",
       {{kData + "InstanceType", "c7i.large"},
        {kData + "KeyName", "dserv-workers"},
        {kData + "UserData", wire::base64("#!/bin/sh")},
        {kData + "SecurityGroupId.1", "sg-0d5e12fe0a10c0002"},
        {kData + "TagSpecification.1.ResourceType", "instance"},
        {kData + "TagSpecification.1.Tag.1.Key", "Name"},
        {kData + "TagSpecification.1.Tag.1.Value", "template"},
        {kData + "TagSpecification.1.Tag.2.Key", "pool"},
        {kData + "TagSpecification.1.Tag.2.Value", "p"}});
  const auto answer = bench.ask("RunInstances", {{"LaunchTemplate.LaunchTemplateName", "one"},
                                                 {"MinCount", "1"},
                                                 {"MaxCount", "1"},
                                                 {"InstanceType", "c7i.8xlarge"},
                                                 {"SecurityGroupId.1", "sg-0d5e12fe0a10c0001"},
                                                 {"TagSpecification.1.ResourceType", "instance"},
                                                 {"TagSpecification.1.Tag.1.Key", "Name"},
                                                 {"TagSpecification.1.Tag.1.Value", "mine"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const LaunchOrder& order = bench.first().order;
  EXPECT_EQ(order.type, "c7i.8xlarge");
  EXPECT_EQ(order.image, "ami-1");
  EXPECT_EQ(order.key_name, "dserv-workers");
  EXPECT_EQ(order.user_data, "#!/bin/sh");
  EXPECT_EQ(order.groups, std::vector<std::string>{"sg-0d5e12fe0a10c0001"});
  EXPECT_EQ(order.tags.at("Name"), "mine");
  EXPECT_EQ(order.tags.at("pool"), "p");
  EXPECT_EQ(order.tags.at("aws:ec2launchtemplate:version"), "1");
}

TEST(RunInstances, RefusesATemplateThatDoesNotExist) {
  TestBench bench;
  make(bench, "one");
  const auto code = [&](const Form& form) { return code_of(bench.launch(form)); };
  EXPECT_EQ(code({{"LaunchTemplate.LaunchTemplateName", "two"}}),
            "InvalidLaunchTemplateName.NotFoundException");
  EXPECT_EQ(code({{"LaunchTemplate.LaunchTemplateName", "one"}, {"LaunchTemplate.Version", "2"}}),
            "InvalidLaunchTemplateId.VersionNotFound");
}

}  // namespace
}  // namespace cb::ec2sim
