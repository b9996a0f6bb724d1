#pragma once
// Reads a MIME message (RFC 2045, 2046) down to its leaves, such as `cloud-init devel make-mime`
// writes it. Stricter than a mail program: what other readers might take in another way is refused.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cb::core {

struct MimeLeaf {
  // As they stand, one after the other; without the encoding, which `body` has behind it.
  std::string headers;
  std::string type;  // "text/x-shellscript": in lower case, without parameters
  std::string name;  // for people: the file name, or "part 2"
  std::string body;  // decoded
};

// Whether cloud-init takes it for a MIME message.
bool looks_like_mime(std::string_view text);
Result<std::vector<MimeLeaf>> read_mime(std::string_view message);

}  // namespace cb::core
