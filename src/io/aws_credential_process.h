#pragma once
// Runs the command of a profile's credential_process and gives what it printed.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace cb::io {

struct CommandLimits {
  Duration total = seconds{30};  // then its whole process group is killed
  std::size_t output_bytes_max = 64 * 1024;
};

// `command` goes to /bin/sh -c. Blocks. An Error when it cannot be started, ends with another code
// than 0, prints too much or takes too long; the Error never quotes the output. Its standard error
// goes where ours goes.
Result<std::string> run_command(const std::string& command, CommandLimits limits = {});

}  // namespace cb::io
