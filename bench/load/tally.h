#pragma once
// What one process of the load generator has seen. Lies in memory that the processes share.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>

#include "bench/kit/histogram.h"

namespace cb::bench {

// CLOCK_MONOTONIC, ns.
inline std::int64_t mono_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// A few different texts, cut to size.
class Samples {
 public:
  void note(std::string_view text) {
    text = text.substr(0, kSize - 1);
    for (auto& kept : kept_) {
      if (std::string_view(kept.data()) == text) return;
      if (kept[0] != '\0') continue;
      std::memcpy(kept.data(), text.data(), text.size());
      return;
    }
  }
  template <class F>
  void each(F f) const {
    for (const auto& kept : kept_) {
      if (kept[0] != '\0') f(std::string_view(kept.data()));
    }
  }

 private:
  static constexpr std::size_t kSize = 120;
  std::array<std::array<char, kSize>, 4> kept_{};
};

struct Tally {
  Histogram latency;          // from the intended start of a request to its whole answer
  std::uint64_t answers = 0;  // within the measured time
  std::uint64_t errors = 0;   // connections that failed or ended without an answer, ERROR lines
  std::uint64_t least = UINT64_MAX;  // answers of the client that got fewest, warm-up included
  std::uint64_t most = 0;
  std::uint64_t unfinished = 0;        // requests without an answer at the end
  std::int64_t oldest_unfinished = 0;  // the age of the oldest, ns
  std::int64_t first_start = INT64_MAX, first_answer = INT64_MAX, last_answer = 0;  // mono_ns
  std::atomic<std::uint32_t> asked{0};  // clients whose first request is written
  Samples answered, failed;

  void add(const Tally& other) {
    latency.add(other.latency);
    answers += other.answers;
    errors += other.errors;
    least = std::min(least, other.least);
    most = std::max(most, other.most);
    unfinished += other.unfinished;
    oldest_unfinished = std::max(oldest_unfinished, other.oldest_unfinished);
    first_start = std::min(first_start, other.first_start);
    first_answer = std::min(first_answer, other.first_answer);
    last_answer = std::max(last_answer, other.last_answer);
    other.answered.each([&](std::string_view text) { answered.note(text); });
    other.failed.each([&](std::string_view text) { failed.note(text); });
  }
};

}  // namespace cb::bench
