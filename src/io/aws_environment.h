#pragma once
// Where we are told about AWS: the process's environment and the files of `aws configure`.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "wire/aws_config.h"

namespace cb::io {

// A copy, so that tests need not touch the process's own and threads may read it.
struct AwsEnvironment {
  std::map<std::string, std::string> variables;

  static AwsEnvironment of_process();
  // "" when unset; AWS's own tools take unset and empty for the same.
  std::string get(const std::string& name) const;
  // The first of them that is set.
  std::string first_of(std::initializer_list<const char*> names) const;
  // As `aws --profile name` sees it: that profile, and no keys of the environment.
  void use_profile(const std::string& name);
};

struct LoadedProfile {
  std::string name;  // AWS_PROFILE, or "default"
  wire::AwsProfile settings;
};
// Reads AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or their defaults in HOME. Empty when no
// profile was named and there is no default one. An Error for a file that cannot be read, a line
// that cannot be understood, or a named profile that neither file has.
Result<std::optional<LoadedProfile>> load_profile(const AwsEnvironment& environment);

// What the broker's own configuration says; empty: nothing.
struct AwsConfigured {
  std::string region;
  std::string endpoint;  // URL, for EC2 and STS alike
};

// What does not change while the broker runs.
struct AwsSetup {
  std::string region;
  std::string ec2_endpoint;  // URL; empty: AWS's own for each region
  std::string sts_endpoint;  // the same
  std::string ca_file;       // AWS_CA_BUNDLE; empty: the system's
};
// Region: as configured, AWS_REGION, AWS_DEFAULT_REGION, the profile, and last the machine's own if
// it is an EC2 instance (blocks up to 2 s, unless AWS_EC2_METADATA_DISABLED). Endpoints: as
// configured, AWS_ENDPOINT_URL_EC2 and _STS, AWS_ENDPOINT_URL, the profile's endpoint_url; none of
// those of the environment with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. An Error when there is no
// region, or a value cannot be one; a profile that cannot be read is one only when the region would
// have to come from it.
Result<AwsSetup> find_aws_setup(const AwsEnvironment& environment, const AwsConfigured& configured);

// "https://ec2.us-east-1.amazonaws.com", with China's other domain.
std::string default_endpoint(const std::string& service, const std::string& region);

}  // namespace cb::io
