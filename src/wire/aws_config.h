#pragma once
// The files that `aws configure` writes: ~/.aws/credentials and ~/.aws/config. Text in, values out;
// who reads the files is io/aws_environment.h.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/sigv4.h"

namespace cb::wire {

using AwsProfile = std::map<std::string, std::string>;  // setting (lower case) -> value
using AwsProfiles = std::map<std::string, AwsProfile>;  // profile's name -> its settings

enum class AwsFile {
  kCredentials,  // sections are [NAME]
  kConfig,       // sections are [default] and [profile NAME]; all others are not profiles
};

// The profiles in `text`. Later settings of one name replace earlier ones; indented lines belong to
// the setting above them and are skipped. The Error names `file_name` and the line, never a value.
Result<AwsProfiles> parse_aws_file(std::string_view text, AwsFile kind, std::string_view file_name);

// One profile of both files together; the credentials file wins where both have a setting.
// Empty: neither file has it.
std::optional<AwsProfile> merged_profile(const std::string& name, const AwsProfiles& credentials,
                                         const AwsProfiles& config);

// How a profile gives its keys: at most one of the two is set; neither: it gives none.
struct ProfileKeys {
  std::optional<AwsKeys> keys;
  std::string credential_process;  // a command line for sh
};

// An Error for half a key pair, and for profiles that need what we do not do (SSO, roles): then
// using any other keys would be the wrong identity, and the sentence says what works instead.
Result<ProfileKeys> profile_keys(const std::string& name, const AwsProfile& profile);

}  // namespace cb::wire
