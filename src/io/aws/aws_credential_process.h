#pragma once
// Runs the commands that are asked for keys, a profile's credential_process and the AWS CLI, and
// gives what they printed.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/aws/aws_environment.h"

namespace cb::io {

struct CommandLimits {
  Duration total = seconds{30};  // then its whole process group is killed
  std::size_t output_bytes_max = 64 * 1024;
};

struct CommandOutput {
  int code = 0;         // that it ended with; 128 and the signal's number where one ended it
  std::string printed;  // secret
  std::string errors;   // its standard error
};

// Runs `words` (the first is looked for in the environment's PATH) with `environment` and nothing
// to read. Blocks. An Error when it cannot be started, prints too much or takes too long.
Result<CommandOutput> run_command(const std::vector<std::string>& words,
                                  const AwsEnvironment& environment, CommandLimits limits = {});

// The program's path; empty when it is not there.
std::string find_program(const std::string& name, const AwsEnvironment& environment);

// What credential_process printed. The Error says what it wrote to its standard error, as AWS's own
// tools do, and never what it printed.
Result<std::string> run_credential_process(const std::string& command,
                                           const AwsEnvironment& environment,
                                           CommandLimits limits = {});

// The first lines of `errors` on one line, for a sentence.
std::string in_one_line(const std::string& errors);

}  // namespace cb::io
