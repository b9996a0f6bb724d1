#pragma once
// Base64 (RFC 4648), the alphabet with + and /.

#include <optional>
#include <string>
#include <string_view>

namespace cb {

// On one line.
std::string base64(std::string_view bytes);
// In lines of 76 characters, as mail has it (RFC 2045).
std::string base64_lines(std::string_view bytes);
// Blanks and line ends are passed over; nothing when anything else is no base64.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace cb
