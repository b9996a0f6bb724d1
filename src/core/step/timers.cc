#include "core/step/timers.h"

#include <functional>
#include <utility>

namespace cb::core {

std::size_t Timers::Hash::operator()(const TimerName& timer) const {
  return std::hash<std::string_view>{}(timer.id) + static_cast<std::size_t>(timer.kind);
}

bool Timers::Entry::sooner_than(const Entry& other) const {
  return at != other.at ? at < other.at : timer->first < other.timer->first;
}

void Timers::put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  entry.timer->second.place = place;
}

// Puts `entry` at `place`, which is free, or nearer to the top.
void Timers::rise(std::size_t place, const Entry& entry) {
  while (place != 0) {
    const std::size_t above = (place - 1) / 2;
    if (!entry.sooner_than(heap_[above])) break;
    put(place, heap_[above]);
    place = above;
  }
  put(place, entry);
}

// Puts `entry` where it belongs, when `place` is free. Most that come here are late ones: the way
// down is made without comparing them, and then up again.
void Timers::settle(std::size_t place, const Entry& entry) {
  for (std::size_t below; (below = 2 * place + 1) < heap_.size(); place = below) {
    if (below + 1 < heap_.size() && heap_[below + 1].sooner_than(heap_[below])) ++below;
    put(place, heap_[below]);
  }
  rise(place, entry);
}

void Timers::remove(std::size_t place) {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place != heap_.size()) settle(place, last);
}

void Timers::arm(const TimerName& timer, Instant at) {
  const auto known = armed_.find(timer);
  if (known == armed_.end()) {
    const auto fresh = armed_.try_emplace(Timer{timer.kind, std::string(timer.id)}).first;
    heap_.emplace_back();
    return rise(heap_.size() - 1, {at, &*fresh});
  }
  known->second.wanted = Instant::max();
  const std::size_t place = known->second.place;
  if (heap_[place].at != at) settle(place, {at, &*known});
}

void Timers::arm_by(const TimerName& timer, Instant at) {
  const auto known = armed_.find(timer);
  if (known == armed_.end() || at < heap_[known->second.place].at) arm(timer, at);
}

void Timers::cancel(const TimerName& timer) {
  const auto known = armed_.find(timer);
  if (known == armed_.end()) return;
  remove(known->second.place);
  armed_.erase(known);
}

std::optional<DueTimer> Timers::take_due(Instant now) {
  if (heap_.empty() || heap_.front().at > now) return {};
  const Instant at = heap_.front().at;
  auto taken = armed_.extract(heap_.front().timer->first);
  remove(0);
  const Instant wanted = taken.mapped().wanted;
  return DueTimer{std::move(taken.key()), wanted == Instant::max() ? at : wanted};
}

void Timers::postpone(const DueTimer& due, Instant until) {
  arm(due, until);
  armed_.find(due)->second.wanted = due.wanted;
}

std::optional<Instant> Timers::next() const {
  if (heap_.empty()) return {};
  return heap_.front().at;
}

}  // namespace cb::core
