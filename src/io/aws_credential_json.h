#pragma once
// The JSON in which commands, containers and instances hand over keys.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "wire/sigv4.h"

namespace cb::io {

struct AwsCredentialSet {
  wire::AwsKeys keys;
  std::optional<WallTime> expires;  // unset: they do not
  std::string source;               // "the environment": for a log, never a secret
  bool operator==(const AwsCredentialSet&) const = default;
};

// Knows AccessKeyId, SecretAccessKey, SessionToken or Token, Expiration, and Code. The Error never
// quotes `json`.
Result<AwsCredentialSet> parse_credential_json(std::string_view json, std::string source);

// ISO 8601 with "Z" or an offset, and with or without a fraction, as those sources write it.
std::optional<WallTime> parse_expiration(std::string_view text);

}  // namespace cb::io
