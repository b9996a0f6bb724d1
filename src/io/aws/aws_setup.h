#pragma once
// Where AWS is and how it is spoken to: what does not change while the broker runs.

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/aws/aws_environment.h"
#include "io/net/http_proxy.h"
#include "wire/aws_endpoint.h"

namespace cb::io {

struct AwsSetup {
  std::string region;
  std::string ec2_endpoint;         // URL; empty: AWS's own for each region
  std::string sts_endpoint;         // the same
  std::string ca_file;              // empty: the system's
  wire::AwsEndpointKind kind = {};  // of AWS's own endpoints
  HttpProxies proxies = {};
  std::string user_agent = "compute-broker";
  std::optional<int> attempts_max = {};    // of reads and terminations, where AWS's settings say
  std::vector<std::string> warnings = {};  // settings that nobody knows
  // Who names the endpoints: "AWS_ENDPOINT_URL", "[aws] endpoint". Empty: nobody.
  std::string ec2_endpoint_place = {};
  std::string sts_endpoint_place = {};
};

// Region: as configured, AWS_REGION, AWS_DEFAULT_REGION, the profile, and last the machine's own if
// it is an EC2 instance (blocks up to 2 s, unless AWS_EC2_METADATA_DISABLED). Endpoints: as
// configured, AWS_ENDPOINT_URL_EC2 and _STS, AWS_ENDPOINT_URL, the profile's services section, its
// endpoint_url. All the rest as io/aws/aws_settings_table.h has it. An Error when a file or a
// profile cannot be read, for a setting that is refused, when there is no region, or a value cannot
// be one.
Result<AwsSetup> find_aws_setup(const AwsEnvironment& environment, const AwsConfigured& configured);

}  // namespace cb::io
