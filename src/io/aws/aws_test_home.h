#pragma once
// A home with the files of `aws configure`, and an environment that looks nowhere else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "io/aws/aws_credentials.h"
#include "io/aws/aws_setup.h"

namespace cb::io {

class AwsTestHome : public testing::Test {
 protected:
  AwsTestHome() {
    std::string pattern = testing::TempDir() + "aws-home-XXXXXX";
    home = mkdtemp(pattern.data());
    std::filesystem::create_directory(home / ".aws");
    environment.variables = {{"HOME", home},
                             {"PATH", (home / "bin").string() + ":/usr/bin:/bin"},
                             {"BOTO_CONFIG", "~/.boto"},
                             {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~AwsTestHome() override { std::filesystem::remove_all(home); }

  // A file of ~/.aws.
  void write(const std::string& name, const std::string& text) {
    std::ofstream(home / ".aws" / name) << text;
  }
  // A program that is found before all others; `text` is for sh.
  void program(const std::string& name, const std::string& text) {
    std::filesystem::create_directory(home / "bin");
    const auto path = home / "bin" / name;
    std::ofstream(path) << "#!/bin/sh\n" << text;
    chmod(path.c_str(), 0700);
  }
  void set(const std::string& name, const std::string& value) {
    environment.variables[name] = value;
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
  AwsSetup setup(const AwsConfigured& configured = {}) {
    auto found = find_aws_setup(environment, configured);
    EXPECT_TRUE(found) << found.error().what;
    return found ? *found : AwsSetup{};
  }
  std::string no_setup(const AwsConfigured& configured = {}) {
    auto found = find_aws_setup(environment, configured);
    EXPECT_FALSE(found);
    return found ? "" : found.error().what;
  }

  AwsEnvironment environment;
  std::filesystem::path home;
};

}  // namespace cb::io
