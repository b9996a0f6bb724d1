#pragma once
// The configuration's [aws] table in the words of io.

#include <functional>

#include "app/config/config.h"
#include "io/aws/aws_caller.h"
#include "io/aws/aws_environment.h"

namespace cb::app {

// Where AWS is for this configuration, and why `serve` would not start there. May block for some
// seconds (io/aws/aws_setup.h).
Result<io::AwsSetup> find_aws(const ServeConfig& config);
// Asks for keys, each time as if for the first time. Blocks.
std::function<Result<io::AwsCredentialSet>()> find_keys(const ServeConfig& config);

// The process's environment, with what the configuration says instead of it.
io::AwsEnvironment aws_environment(const AwsConfig& config);
io::AwsCallSettings aws_call_settings(const AwsConfig& config);
io::AwsCredentialLimits aws_credential_limits(const AwsConfig& config);

}  // namespace cb::app
