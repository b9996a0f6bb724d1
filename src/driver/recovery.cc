#include "driver/recovery.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace cb::driver {

Duration instant_shift(const SavedClock& saved, std::string_view boot_id, Now now,
                       Duration restart_elapsed_max) {
  // A clock that stands before what was saved is another one, whatever the id says: a container
  // moved to another time namespace keeps its host's boot id.
  const bool same_boot = !boot_id.empty() && saved.boot_id == boot_id && saved.boot <= now.boot;
  if (same_boot) return Duration{0};
  const Duration elapsed = std::clamp(now.wall - saved.wall, Duration{0}, restart_elapsed_max);
  return now.boot - elapsed - saved.boot;
}

core::Started started(Journal journal, std::string_view boot_id, Now now, std::string fresh_nonce,
                      Duration restart_elapsed_max, std::string place) {
  Duration shift{0};
  if (journal.clock) shift = instant_shift(*journal.clock, boot_id, now, restart_elapsed_max);
  journal.records.shift_instants(shift);
  if (auto& broker = journal.records.broker) {
    const auto calendar = std::chrono::floor<seconds>(now.wall).time_since_epoch().count();
    const auto soonest = static_cast<std::uint64_t>(std::max<std::int64_t>(calendar, 1));
    broker->next_attempt = std::max(broker->next_attempt, soonest);
  }
  return {.records = std::move(journal.records),
          .fresh_nonce = std::move(fresh_nonce),
          .journal_lost = journal.lost,
          .lost_why = std::move(journal.lost_why),
          .clock_moved = shift != Duration{0},
          .place = std::move(place)};
}

}  // namespace cb::driver
