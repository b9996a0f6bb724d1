#pragma once
// dserv's message framing on port 2560: an unsigned 32-bit big-endian length, then so many bytes
// of UTF-8 Tcl or of its answer. Measured from dserv 0.54.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cb::wire {

// What a ready worker answers to kReadyQuestion is kReadyAnswer.
inline constexpr std::string_view kReadyQuestion = "expr 6*7";
inline constexpr std::string_view kReadyAnswer = "42";
// How the answer to a failed script begins.
inline constexpr std::string_view kTclError = "!TCL_ERROR ";

// Header and body in one piece: dserv wants them in one write. `body` is below 4 GiB.
std::string encode_dserv_frame(std::string_view body);

// Cuts a byte stream into frames.
class DservFrames {
 public:
  static constexpr std::size_t kBodyMax = 1 << 20;

  // A frame that announces more than `body_max` bytes breaks the stream for good: whoever reads
  // closes the connection. At most body_max + 4 bytes and one fed piece are held.
  explicit DservFrames(std::size_t body_max = kBodyMax) : body_max_(body_max) {}

  void feed(std::string_view bytes);
  // The body of the next complete frame, which may be empty.
  std::optional<std::string> next();
  bool broken() const { return broken_; }
  // True between frames: no byte of an unfinished one is held.
  bool empty() const { return bytes_.empty(); }

 private:
  std::size_t body_max_;
  std::string bytes_;
  bool broken_ = false;
};

}  // namespace cb::wire
