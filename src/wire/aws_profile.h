#pragma once
// How a profile of the AWS files gives its keys. Pure: nothing is run and nobody is asked.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/aws_config.h"
#include "wire/sigv4.h"

namespace cb::wire {

// One profile, of both files.
struct AwsProfile {
  std::string name;
  AwsSettings credentials;  // of the credentials file
  AwsSettings config;       // of the config file
  AwsSettings ec2, sts;     // of the [services NAME] that it names

  // The credentials file wins where both have a setting; "" where neither has it.
  std::string get(const std::string& key) const;
};

// Empty: neither file has it. An Error when it names a [services NAME] that is not there.
Result<std::optional<AwsProfile>> find_profile(const std::string& name,
                                               const AwsSections& credentials,
                                               const AwsSections& config);

// At most one of the three is set; none: the profile gives no keys.
struct ProfileKeys {
  std::optional<AwsKeys> keys;
  std::string credential_process;  // a command line
  std::string by_cli;              // the setting that only the AWS CLI can follow: "role_arn"
};

// In the order of AWS's own tools: what assumes a role or signs on, keys of the credentials file,
// `aws login`, credential_process, keys of the config file. An Error for half a key pair: any other
// keys would be the wrong identity.
Result<ProfileKeys> profile_keys(const AwsProfile& profile);

// What keys are called where they come from, for sentences: values are never in one.
struct KeyNames {
  std::string id, secret, token;
};
// Drops blanks at both ends, as they come with $(cat FILE) and with copying. An Error when there is
// a blank or anything else inside that no key has: it would end up in the header of a request.
Status clean_keys(AwsKeys& keys, const KeyNames& names);

}  // namespace cb::wire
