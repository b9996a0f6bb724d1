#pragma once
// Keys that only the AWS CLI can get: roles that are assumed, web identity, IAM Identity Center,
// `aws login`. Its makers keep up with these; we ask it as its own users would.
// https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html

#include <string>

#include "io/aws/aws_credential_json.h"
#include "io/aws/aws_credential_process.h"

namespace cb::io {

// `setting` is why it has to be asked, with its place: "role_arn of AWS profile lab". The Error
// says what to install, or what the CLI says.
Result<AwsCredentialSet> credentials_by_cli(const std::string& setting,
                                            const AwsEnvironment& environment,
                                            CommandLimits limits = {});

}  // namespace cb::io
