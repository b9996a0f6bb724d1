#pragma once
// Latencies from a nanosecond to an hour in a fixed table: each power of two is cut into 64 equal
// parts, so that a percentile is right within 1.6 %. A plain value: it may lie in memory that
// processes share, and adding another one is exact.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace cb::bench {

namespace histogram {

inline constexpr unsigned kPartsLog2 = 6;
inline constexpr std::uint64_t kParts = 1U << kPartsLog2;
inline constexpr std::int64_t kLongest = 3'600'000'000'000;

// Below 64 each value has its own place; above, the leading seven bits choose it.
constexpr std::size_t index_of(std::uint64_t value) {
  if (value < kParts) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kPartsLog2 - 1;
  return (shift + 1) * kParts + ((value >> shift) - kParts);
}
constexpr std::uint64_t upper_end(std::size_t index) {
  if (index < kParts) return index;
  const std::uint64_t shift = index / kParts - 1;
  return ((index % kParts + kParts + 1) << shift) - 1;
}

}  // namespace histogram

class Histogram {
 public:
  void record(std::int64_t ns, std::uint64_t times = 1) {
    const auto value =
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(ns, 0, histogram::kLongest));
    counts_[histogram::index_of(value)] += times;
    total_ += times;
    largest_ = std::max(largest_, value);
  }
  void add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    largest_ = std::max(largest_, other.largest_);
  }

  std::uint64_t total() const { return total_; }
  std::uint64_t largest() const { return largest_; }
  // The value (ns) that the share `part` (0 to 1) of all does not exceed; 0 when there is none.
  std::uint64_t at(double part) const {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(total_) * part);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted || (seen == total_ && seen != 0))
        return std::min(histogram::upper_end(i), largest_);
    }
    return 0;
  }

 private:
  std::array<std::uint64_t, histogram::index_of(histogram::kLongest) + 1> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace cb::bench
