#pragma once
// The JSON in which commands, containers and instances hand over keys.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "wire/aws_profile.h"

namespace cb::io {

struct AwsCredentialSet {
  wire::AwsKeys keys;
  std::optional<WallTime> expires;  // unset: they do not
  std::string source;               // "the environment": for a log, never a secret
  bool operator==(const AwsCredentialSet&) const = default;
};

enum class CredentialJson {
  kCommand,  // {"Version": 1, ... "SessionToken"}: credential_process and the AWS CLI
  kMachine,  // {"Code": "Success", ... "Token"}: containers and instances
};
// AccessKeyId, SecretAccessKey, the token and Expiration; what else is there is not looked at. The
// Error never quotes `json`.
Result<AwsCredentialSet> parse_credential_json(CredentialJson kind, std::string_view json,
                                               std::string source);

// A date and time with its zone in any of the forms that AWS's own tools take: ISO 8601 with 'T',
// 't' or a blank, with or without seconds and their fraction, and "Z", "UTC" or an offset behind;
// or as in HTTP.
std::optional<WallTime> parse_expiration(std::string_view text);

}  // namespace cb::io
