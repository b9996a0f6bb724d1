#include "ec2sim/api/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace cb::ec2sim {

std::optional<std::string> decode_base64(std::string_view text) {
  std::string compact;
  std::ranges::copy_if(text, std::back_inserter(compact),
                       [](char c) { return c != '\n' && c != '\r'; });
  if (compact.size() % 4 != 0) return {};
  std::string bytes(compact.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(compact.data()),
                                   static_cast<int>(compact.size()));
  if (size < 0) return {};
  const auto padding = std::ranges::count(compact, '=');  // decoded as zero bytes by OpenSSL
  bytes.resize(static_cast<std::size_t>(size - std::min<std::ptrdiff_t>(padding, size)));
  return bytes;
}

}  // namespace cb::ec2sim
