#include "core/step/timers.h"

namespace cb::core {

void Timers::arm(const Timer& timer, Instant at) {
  wanted_.erase(timer);
  const auto [entry, fresh] = when_.try_emplace(timer, at);
  if (!fresh) {
    if (entry->second == at) return;
    order_.erase(entry);
    entry->second = at;
  }
  order_.insert(entry);
}

void Timers::arm_by(const Timer& timer, Instant at) {
  const auto entry = when_.find(timer);
  if (entry == when_.end() || at < entry->second) arm(timer, at);
}

void Timers::cancel(const Timer& timer) {
  wanted_.erase(timer);
  const auto entry = when_.find(timer);
  if (entry == when_.end()) return;
  order_.erase(entry);
  when_.erase(entry);
}

std::optional<DueTimer> Timers::take_due(Instant now) {
  if (order_.empty() || (*order_.begin())->second > now) return {};
  DueTimer due{(*order_.begin())->first, (*order_.begin())->second};
  const auto postponed = wanted_.find(due);
  if (postponed != wanted_.end()) due.wanted = postponed->second;
  cancel(due);
  return due;
}

void Timers::postpone(const DueTimer& due, Instant until) {
  arm(due, until);
  wanted_[due] = due.wanted;
}

std::optional<Instant> Timers::next() const {
  if (order_.empty()) return {};
  return (*order_.begin())->second;
}

}  // namespace cb::core
