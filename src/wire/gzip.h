#pragma once
// gzip (RFC 1952), for user data: labs write it, and EC2 and cloud-init take it.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cb::wire {

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
inline constexpr std::size_t kUserDataMax = 16 * 1024;

bool is_gzip(std::string_view bytes);
// The same bytes give the same result.
std::string gzip(std::string_view bytes);
// Fails when it is damaged or would be longer than `most`.
Result<std::string> gunzip(std::string_view bytes, std::size_t most);

// User data as it is sent: compressed when it is longer than EC2 takes.
std::string fitting_user_data(const std::string& user_data);

}  // namespace cb::wire
