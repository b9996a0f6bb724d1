#pragma once
// What will happen in the world, ordered by time and then by the order in which it was planned.

#include <algorithm>
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
    entries_.push_back({when, ++planned_, std::move(what)});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  std::optional<Moment> next() const {
    if (entries_.empty()) return {};
    return entries_.front().when;
  }
  // Precondition: next().
  What take() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    What what = std::move(entries_.back().what);
    entries_.pop_back();
    return what;
  }

 private:
  struct Entry {
    Moment when;
    std::uint64_t order;
    What what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  std::vector<Entry> entries_;
  std::uint64_t planned_ = 0;
};

}  // namespace cb::sim
