#pragma once
// The files that `aws configure` writes: ~/.aws/credentials and ~/.aws/config, read as AWS's own
// tools read them, which is as Python's configparser does. Text in, values out; who reads the files
// is io/aws/aws_environment.h, what a profile's keys are is wire/aws_profile.h.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cb::wire {

using AwsSettings = std::map<std::string, std::string>;  // setting (lower case) -> value

struct AwsSection {
  AwsSettings settings;
  std::map<std::string, AwsSettings> blocks;  // what stands indented below a key without a value
  bool operator==(const AwsSection&) const = default;
};
using AwsSections = std::map<std::string, AwsSection>;  // header as written between [ and ]

// All of the file. A line that is indented deeper than the setting above it continues that one; a
// section or a setting that stands there twice is an Error, as for the AWS CLI, and so is a line
// that is neither. The Error names `file_name` and the line, never a value.
Result<AwsSections> parse_aws_file(std::string_view text, std::string_view file_name);

// "lab" for the config file's [profile lab], [profile "lab"] where `kind` is "profile"; empty for a
// section of another kind.
std::optional<std::string> section_name(std::string_view header, std::string_view kind);

// The words of a command line, split as a shell would without expanding anything: blanks separate,
// quotes and backslashes protect. Empty: a quote is not closed.
std::optional<std::vector<std::string>> split_command(std::string_view line);

}  // namespace cb::wire
