#pragma once
// The two places on the local link that hand credentials to machines: EC2's instance metadata
// (version 2 only) and the container agents of ECS and EKS. All calls block.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/aws_environment.h"

namespace cb::io {

// One hop away: what takes longer is not there.
struct MetadataLimits {
  Duration connect = seconds{1};
  Duration total = seconds{2};
};

class InstanceMetadata {
 public:
  // AWS_EC2_METADATA_SERVICE_ENDPOINT replaces http://169.254.169.254;
  // AWS_EC2_METADATA_DISABLED=true makes every get an Error at once.
  explicit InstanceMetadata(const AwsEnvironment& environment, MetadataLimits limits = {});

  // The text at /latest/meta-data/`path`; an Error when this is no EC2 instance, or has no such
  // entry.
  Result<std::string> get(const std::string& path);

 private:
  Status fetch_token();

  std::string endpoint_;  // empty: disabled
  MetadataLimits limits_;
  std::string token_;
};

// Empty when the environment names no container endpoint; otherwise its JSON, or why not. The
// address must be https, or http on loopback or the link-local addresses of ECS and EKS.
std::optional<Result<std::string>> container_credentials(const AwsEnvironment& environment,
                                                         MetadataLimits limits = {});

}  // namespace cb::io
