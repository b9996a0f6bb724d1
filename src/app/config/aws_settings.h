#pragma once
// The configuration's [aws] table in the words of io.

#include "app/config/config.h"
#include "io/aws/aws_caller.h"
#include "io/aws/aws_environment.h"

namespace cb::app {

// The process's environment, with what the configuration says instead of it.
io::AwsEnvironment aws_environment(const AwsConfig& config);
io::AwsCallSettings aws_call_settings(const AwsConfig& config);
io::AwsCredentialLimits aws_credential_limits(const AwsConfig& config);

}  // namespace cb::app
