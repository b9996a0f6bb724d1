#pragma once
// The deadlines of many things, at most one each, in order: a binary heap that knows where each
// thing stands, so that a deadline moves or goes in O(log n) and 15,000 of them need one timer.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace cb::io {

class DeadlineHeap {
 public:
  // `slot` is a small number: memory grows with the largest one.
  void set(std::uint32_t slot, Instant at);
  void clear(std::uint32_t slot);  // harmless without one
  std::optional<Instant> earliest() const;
  // Takes out one whose deadline has come.
  std::optional<std::uint32_t> take_due(Instant now);

 private:
  struct Entry {
    Instant at;
    std::uint32_t slot;
  };
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  void place(std::size_t at, Entry entry);
  void sift_up(std::size_t at);
  void sift_down(std::size_t at);

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> where_;  // by slot
};

}  // namespace cb::io
