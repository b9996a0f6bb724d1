#include "wire/gzip.h"

#include <zlib.h>

#include <array>

#include "base/check.h"
#include "base/text.h"

namespace cb::wire {
namespace {

constexpr int kGzipFormat = 15 + 16;  // the largest window, and gzip's head instead of zlib's
constexpr int kMemory = 8;            // zlib's default

z_stream over(std::string_view bytes) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  return stream;
}

}  // namespace

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

std::string gzip(std::string_view bytes) {
  z_stream stream = over(bytes);
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemory,
                     Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t most) {
  z_stream stream = over(bytes);
  CHECK(inflateInit2(&stream, kGzipFormat) == Z_OK);
  std::string out;
  std::array<char, 4096> piece;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= most) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > most) return Error{str("it holds more than ", most, " bytes")};
  if (result != Z_STREAM_END || stream.avail_in != 0) return Error{"it is damaged"};
  return out;
}

std::string fitting_user_data(const std::string& user_data) {
  return user_data.size() > kUserDataMax ? gzip(user_data) : user_data;
}

}  // namespace cb::wire
