#pragma once
// Where we are told about AWS: the process's environment and the files of `aws configure`.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "wire/aws_profile.h"

namespace cb::io {

// What the broker's own configuration says; empty: nothing.
struct AwsConfigured {
  std::string region;
  std::string endpoint;  // URL, for EC2 and STS alike
};

// A copy, so that tests need not touch the process's own and threads may read it. Commands that
// are asked for keys are run with it.
struct AwsEnvironment {
  std::map<std::string, std::string> variables;

  static AwsEnvironment of_process();
  // Without blanks at its ends; "" when unset; AWS's own tools take unset and empty for the same.
  std::string get(const std::string& name) const;
  // The first of them that is set.
  std::string first_of(std::initializer_list<const char*> names) const;
  // As `aws --profile name` sees it: that profile, and no keys of the environment.
  void use_profile(const std::string& name);
  // Commands that are run with it speak of the same region, and to the same STS.
  void use_configured(const AwsConfigured& configured);
};

// Reads AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or their defaults in HOME. Empty when no
// profile was named and there is no default one. An Error for a file that cannot be read, a line
// that cannot be understood, or a named profile that neither file has.
Result<std::optional<wire::AwsProfile>> load_profile(const AwsEnvironment& environment);

// Both together.
struct AwsSources {
  AwsEnvironment environment;
  std::optional<wire::AwsProfile> profile;

  // The variable where it is set, or else the profile's setting; "": neither.
  std::string get(const std::string& variable, const std::string& key) const;
  bool is_true(const std::string& variable, const std::string& key) const;
};
Result<AwsSources> load_aws_sources(const AwsEnvironment& environment);

// The file's text; "" when it is not there. "~" and "$NAME" in `path` are replaced as by a shell.
Result<std::string> read_aws_file(const std::string& path, const AwsEnvironment& environment);

}  // namespace cb::io
