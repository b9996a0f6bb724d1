#pragma once
// From what the journal held to the first event of a run: the clocks of the last run made
// comparable with this one's.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/model/event.h"
#include "core/model/record.h"

namespace cb::driver {

// The clocks as they stood at the latest commit, saved with it.
struct SavedClock {
  std::string boot_id;  // which boot `boot` counts from; empty: unknown
  Instant boot;
  WallTime wall;
  bool operator==(const SavedClock&) const = default;
};

// What a store found at its start.
struct Journal {
  core::Records records;
  std::optional<SavedClock> clock;  // unset in a new journal
  bool lost = false;                // there was one, and its records could not be read
  std::string lost_why;             // one sentence that names the file and where it is now
};

// What to add to a saved Instant so that it counts from this boot. In the same boot the clock went
// on: 0. After a reboot the time that passed is the calendar's difference, held between 0 and
// `restart_elapsed_max`, since a calendar may have been set meanwhile: a wrong one never makes a
// worker younger than it was saved, and never older by more than that limit.
Duration instant_shift(const SavedClock& saved, std::string_view boot_id, Now now,
                       Duration restart_elapsed_max);

// The first event. `fresh_nonce` is used only when the journal has none. Token numbers go on from
// the calendar's seconds where that is further: a state_dir that lost its last commits (restored
// from a backup, a damaged WAL) would otherwise give a token of the past to another launch.
// `place` is the event's.
core::Started started(Journal journal, std::string_view boot_id, Now now, std::string fresh_nonce,
                      Duration restart_elapsed_max, std::string place = {});

}  // namespace cb::driver
