#include "core/agenda.h"

namespace cb::core {

void Agenda::arm(const Timer& timer, Instant at) {
  const auto [entry, fresh] = when_.try_emplace(timer, at);
  if (!fresh) {
    if (entry->second == at) return;
    order_.erase(entry);
    entry->second = at;
  }
  order_.insert(entry);
}

void Agenda::arm_by(const Timer& timer, Instant at) {
  const auto entry = when_.find(timer);
  if (entry == when_.end() || at < entry->second) arm(timer, at);
}

void Agenda::cancel(const Timer& timer) {
  const auto entry = when_.find(timer);
  if (entry == when_.end()) return;
  order_.erase(entry);
  when_.erase(entry);
}

std::optional<Timer> Agenda::take_due(Instant now) {
  if (order_.empty() || (*order_.begin())->second > now) return {};
  Timer timer = (*order_.begin())->first;
  cancel(timer);
  return timer;
}

std::optional<Instant> Agenda::next() const {
  if (order_.empty()) return {};
  return (*order_.begin())->second;
}

}  // namespace cb::core
