#pragma once
// Base64 as user data and page tokens are written.

#include <optional>
#include <string>
#include <string_view>

namespace cb::ec2sim {

// Empty when `text` is not base64. Line ends within it are allowed, as the AWS CLI sends them.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace cb::ec2sim
