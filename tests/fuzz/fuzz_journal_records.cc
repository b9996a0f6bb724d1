// Rows of the journal: any bytes, and what is accepted encodes to what was read.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/record_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cb::wire;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // kind \0 key \0 body
  const std::size_t first = bytes.find('\0');
  if (first == bytes.npos) return 0;
  const std::size_t second = bytes.find('\0', first + 1);
  if (second == bytes.npos) return 0;
  const std::string_view kind = bytes.substr(0, first);
  const std::string_view key = bytes.substr(first + 1, second - first - 1);
  const std::string_view body = bytes.substr(second + 1);
  const auto change = decode_record(kind, key, body);
  if (!change) return 0;
  const auto row = encode_record(*change);
  CHECK(row.has_value() && row->body.has_value());
  const auto again = decode_record(row->kind, row->key, *row->body);
  CHECK(again && *again == *change);
  return 0;
}
