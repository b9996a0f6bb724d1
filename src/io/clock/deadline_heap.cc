#include "io/clock/deadline_heap.h"

namespace cb::io {

void DeadlineHeap::set(std::uint32_t slot, Instant at) {
  if (slot >= where_.size()) where_.resize(slot + 1, kNowhere);
  if (where_[slot] == kNowhere) {
    where_[slot] = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back({at, slot});
  }
  heap_[where_[slot]].at = at;
  sift_up(where_[slot]);
  sift_down(where_[slot]);
}

void DeadlineHeap::clear(std::uint32_t slot) {
  if (slot >= where_.size() || where_[slot] == kNowhere) return;
  const std::size_t hole = where_[slot];
  where_[slot] = kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (hole == heap_.size()) return;
  place(hole, last);
  sift_up(hole);
  sift_down(where_[last.slot]);
}

std::optional<Instant> DeadlineHeap::earliest() const {
  if (heap_.empty()) return {};
  return heap_.front().at;
}

std::optional<std::uint32_t> DeadlineHeap::take_due(Instant now) {
  if (heap_.empty() || now < heap_.front().at) return {};
  const std::uint32_t slot = heap_.front().slot;
  clear(slot);
  return slot;
}

void DeadlineHeap::place(std::size_t at, Entry entry) {
  heap_[at] = entry;
  where_[entry.slot] = static_cast<std::uint32_t>(at);
}

void DeadlineHeap::sift_up(std::size_t at) {
  const Entry entry = heap_[at];
  for (; at > 0 && entry.at < heap_[(at - 1) / 2].at; at = (at - 1) / 2) {
    place(at, heap_[(at - 1) / 2]);
  }
  place(at, entry);
}

void DeadlineHeap::sift_down(std::size_t at) {
  const Entry entry = heap_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
    if (child >= heap_.size() || entry.at <= heap_[child].at) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, entry);
}

}  // namespace cb::io
