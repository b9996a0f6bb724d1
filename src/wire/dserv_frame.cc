#include "wire/dserv_frame.h"

#include <cstdint>

#include "base/check.h"

namespace cb::wire {
namespace {

constexpr std::size_t kHeader = 4;

std::uint32_t announced(std::string_view header) {
  std::uint32_t size = 0;
  for (const char c : header.substr(0, kHeader)) size = size << 8 | static_cast<unsigned char>(c);
  return size;
}

}  // namespace

std::string encode_dserv_frame(std::string_view body) {
  CHECK(body.size() <= UINT32_MAX);
  std::string frame;
  frame.reserve(kHeader + body.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(body.size() >> shift & 0xff);
  }
  return frame.append(body);
}

void DservFrames::feed(std::string_view bytes) {
  if (!broken_) bytes_.append(bytes);
}

std::optional<std::string> DservFrames::next() {
  if (bytes_.size() < kHeader) return {};
  const std::size_t size = announced(bytes_);
  if (size > body_max_) {
    broken_ = true;
    bytes_.clear();
    return {};
  }
  if (bytes_.size() < kHeader + size) return {};
  std::string body = bytes_.substr(kHeader, size);
  bytes_.erase(0, kHeader + size);
  return body;
}

}  // namespace cb::wire
