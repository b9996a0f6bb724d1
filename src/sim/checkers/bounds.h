#pragma once
// What the broker promises in seconds, as formulas of its settings. docs/simulation.md derives
// them; change both.

#include "sim/run/options.h"

namespace cb::sim {

// What a decision, the call for it and a driver that is a little late take.
inline constexpr Duration kSlack = seconds{1};

// Rule 4, phase by phase. Born, until a listing has shown it at the latest.
Duration unseen_bound(const Options& options);
// The longest that a machine may boot before it is given up: by its launch, or by its adoption.
Duration boot_bound(const core::Settings& settings, const PoolName& pool);
// Ready, until it is ended for want of use; no worker idles for less than it booted.
Duration idle_bound(const core::Settings& settings, const PoolName& pool, Duration booted);
// Rule 2, where only EC2's word tells: ended, until the broker knows, by the listing that shows it
// or by two that do not and a question by id; from `since_end` after the end on.
Duration word_bound(const Options& options, Duration since_end);
// The sum of the phases: the longest that an instance is billed with nobody behind it while the
// broker runs and EC2 does what it is asked.
Duration orphan_bound(const Options& options, const PoolName& pool);
// After the last fault, everything is at rest within so long.
Duration rest_bound(const Options& options);
// Long after all trouble, who asks has a worker within so long: launched, booted, found ready.
Duration useful_bound(const Options& options);
// After the healing, what was refused or failed before is held against nobody any more.
Duration memory_bound(const core::Settings& settings);
// The longest that a dead worker is handed out because nobody could know, where nobody else
// answers at its address.
Duration blind_bound(const core::Settings& settings);

}  // namespace cb::sim
