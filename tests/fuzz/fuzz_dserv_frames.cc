// dserv's frames, fed in pieces whose sizes the input chooses.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/dserv_frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  cb::wire::DservFrames frames(1 << 16);
  std::size_t taken = 0;
  while (!bytes.empty()) {
    const std::size_t piece =
        std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes[0]) % 64);
    frames.feed(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
    while (const auto body = frames.next()) {
      taken += body->size() + 4;
      CHECK(body->size() <= 1 << 16);
    }
  }
  CHECK(taken <= size);
  return 0;
}
