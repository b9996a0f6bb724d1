#pragma once
// What happened, in order: always as a digest, so that two runs can be compared, and as readable
// lines when somebody wants to see them.

#include <concepts>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string_view>

#include "base/text.h"
#include "sim/world/clock.h"

namespace cb::sim {

class Timeline {
 public:
  // `out` may be null: no lines.
  Timeline(const Clock& clock, std::ostream* out) : clock_(clock), out_(out) {}

  bool traced() const { return out_ != nullptr; }
  // One fact. Every piece is a string or a whole number, and all of them count for the digest.
  template <class... Pieces>
  void note(const Pieces&... pieces) {
    mix(static_cast<std::uint64_t>(clock_.moment().time_since_epoch().count()));
    (mix(pieces), ...);
    if (out_ != nullptr) *out_ << stamp(clock_.moment()) << "  " << str(pieces...) << '\n';
  }
  // What nobody would read line by line: it counts for the digest alone.
  template <class... Pieces>
  void fold(const Pieces&... pieces) {
    mix(static_cast<std::uint64_t>(clock_.moment().time_since_epoch().count()));
    (mix(pieces), ...);
  }
  std::uint64_t digest() const { return digest_; }

 private:
  void mix(std::uint64_t value) {
    digest_ = (digest_ ^ value) * 0x9e3779b97f4a7c15ULL;
    digest_ ^= digest_ >> 29;
  }
  template <std::integral N>
  void mix(N value) {
    mix(static_cast<std::uint64_t>(value));
  }
  void mix(std::string_view text) {
    mix(text.size());
    for (; text.size() >= 8; text.remove_prefix(8)) {
      std::uint64_t block = 0;
      std::memcpy(&block, text.data(), 8);
      mix(block);
    }
    std::uint64_t rest = 0;
    if (!text.empty()) std::memcpy(&rest, text.data(), text.size());
    mix(rest);
  }
  void mix(const char* text) { mix(std::string_view(text)); }
  void mix(const std::string& text) { mix(std::string_view(text)); }

  const Clock& clock_;
  std::ostream* out_;
  std::uint64_t digest_ = 0x2545f4914f6cdd1dULL;
};

}  // namespace cb::sim
