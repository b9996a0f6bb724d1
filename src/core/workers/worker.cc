#include "core/workers/worker.h"

#include <array>

namespace cb::core {
namespace {

constexpr std::size_t kLives = 5;

// A row for what it is, a column for what it becomes, in the order of Life.
constexpr std::array<std::array<bool, kLives>, kLives> kTransitions = {{
    // booting adopting ready suspect terminating
    {true, false, true, false, true},    // booting
    {false, true, true, false, true},    // adopting
    {false, false, true, true, true},    // ready
    {false, false, true, true, true},    // suspect
    {false, false, false, false, true},  // terminating
}};

}  // namespace

Life life_of(const WorkerRecord& record) {
  if (record.phase == WorkerPhase::kTerminating) return Life::kTerminating;
  if (record.doubted) return Life::kSuspect;
  if (record.phase == WorkerPhase::kBooting) return Life::kBooting;
  return record.phase == WorkerPhase::kAdopting ? Life::kAdopting : Life::kReady;
}

bool may_become(Life from, Life to) {
  return kTransitions[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

}  // namespace cb::core
