#pragma once
// What will happen in the world, ordered by time and then by the order in which it was planned.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "sim/world/clock.h"

namespace cb::sim {

class Heap {
 public:
  using What = std::function<void()>;

  void at(Moment when, What what) {
    if (free_.empty()) {
      free_.push_back(whats_.size());
      whats_.emplace_back();
    }
    const std::size_t slot = free_.back();
    free_.pop_back();
    whats_[slot] = std::move(what);
    entries_.push_back({when, ++planned_, slot});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  std::optional<Moment> next() const {
    if (entries_.empty()) return {};
    return entries_.front().when;
  }
  // Precondition: next().
  What take() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    const std::size_t slot = entries_.back().slot;
    entries_.pop_back();
    free_.push_back(slot);
    return std::exchange(whats_[slot], nullptr);
  }

 private:
  // What is done lies still in its slot: only plain numbers move while the order is kept.
  struct Entry {
    Moment when;
    std::uint64_t order;
    std::size_t slot;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  std::vector<Entry> entries_;
  std::vector<What> whats_;
  std::vector<std::size_t> free_;
  std::uint64_t planned_ = 0;
};

}  // namespace cb::sim
