#pragma once
// What the broker promises in seconds, as formulas of its settings. docs/simulation.md derives
// them; change both.

#include "sim/options.h"

namespace cb::sim {

// The longest that a machine may boot before it is given up: by its launch, or by its adoption.
Duration boot_bound(const core::Settings& settings, const PoolName& pool);
// Rule 4: the longest that an instance is billed with nobody behind it, while the broker runs and
// EC2 does what it is asked. Troubles in that time are added one by one (checkers/excuses.h).
Duration orphan_bound(const core::Settings& settings, const PoolName& pool);
// After the last fault, everything is at rest within so long.
Duration rest_bound(const Options& options);
// The longest that a dead worker is handed out because nobody could know, where nobody else
// answers at its address.
Duration blind_bound(const core::Settings& settings);

}  // namespace cb::sim
