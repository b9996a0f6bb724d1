#pragma once
// The two places on the local link that hand credentials to machines: EC2's instance metadata
// (version 2 only) and the container agents of ECS and EKS. All calls block.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "io/aws/aws_environment.h"
#include "io/net/http_client.h"

namespace cb::io {

// One hop away: what takes longer is not there.
struct MetadataLimits {
  Duration connect = seconds{1};
  Duration total = seconds{2};
};

class InstanceMetadata {
 public:
  // Asks http://169.254.169.254, or as the settings of io/aws/aws_settings_table.h say;
  // AWS_EC2_METADATA_DISABLED=true makes every get an Error at once.
  explicit InstanceMetadata(const AwsSources& sources, MetadataLimits limits = {});

  // The text at /latest/meta-data/`path`; an Error when this is no EC2 instance, or has no such
  // entry.
  Result<std::string> get(const std::string& path);

 private:
  Status fetch_token();
  Result<std::string> ask(const HttpRequest& request) const;

  std::string endpoint_;  // empty: disabled
  MetadataLimits limits_;
  std::int64_t attempts_ = 1;
  std::string token_;
};

// Empty when the environment names no container endpoint; otherwise its JSON, or why not. The
// address must be https, or http on loopback or the link-local addresses of ECS and EKS. It is
// asked three times, as AWS's own tools do it.
std::optional<Result<std::string>> container_credentials(const AwsEnvironment& environment,
                                                         MetadataLimits limits = {});

}  // namespace cb::io
