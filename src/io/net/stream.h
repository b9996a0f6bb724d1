#pragma once
// One client's connection as bytes, plain TCP. What a session has to say and to hear goes through
// here alone, so that an encrypted stream changes this file and no session. Not thread-safe; no
// call blocks.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "io/net/unique_fd.h"

namespace cb::io {

class Stream {
 public:
  // `fd` is non-blocking.
  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}

  enum class Outcome : std::uint8_t {
    kDone,    // `bytes` of them, at least one
    kLater,   // none now: call again when polled()
    kEnd,     // read only: the other side will send no more
    kBroken,  // reset, or its network is gone
  };
  struct Result {
    Outcome outcome;
    std::size_t bytes = 0;
  };
  Result read(std::span<char> into);
  // `last`: shut() follows at once, so that the bytes may travel with the end, in one packet.
  Result write(std::string_view bytes, bool last);
  // Nothing more is written; reading goes on.
  void shut();

  // What to poll fd() for (EPOLLIN, EPOLLOUT) when the session wants to read, and has bytes to
  // write.
  static std::uint32_t polled(bool read, bool write);
  int fd() const { return fd_.get(); }
  // Who is at the other end, without the port; empty when nobody is any more.
  std::string peer() const;

 private:
  UniqueFd fd_;
};

}  // namespace cb::io
