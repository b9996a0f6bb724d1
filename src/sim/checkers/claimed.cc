#include "sim/checkers/claimed.h"

#include <algorithm>

#include "sim/checkers/shown.h"
#include "sim/cloud/sim_cloud.h"

namespace cb::sim {
namespace {

constexpr const char* kClaimedRule = "7-claimed";

}  // namespace

void Claimed::tag_called(const core::TagInstances& what) {
  for (const InstanceId& id : what.ids) {
    const Life* const life = history_.life(id);
    // Elsewhere nobody knows it.
    const bool known = life == nullptr || life->instance->region == what.region;
    if (what.key == core::kOwnerTag && known) shown_.erase(id);
  }
  const Duration fifth = ground_.options.settings.takeover_after / 5;
  const auto passed = (ground_.now() - counted_) / fifth;
  counted_ += passed * fifth;
  // Ours and a mark on another's, in each region.
  const int each_time = ground_.options.dead_region.empty() ? 2 : 4;
  allowed_ = std::min<int>(allowed_ + each_time * static_cast<int>(passed), 1000) - 1;
  if (allowed_ < 0) throw Violated(kClaimedRule, "CreateTags is called too often");
}

void Claimed::went_down() {
  shown_.clear();
}

void Claimed::told(const core::Event& event) {
  // With other keys nothing is done until it is known whose they are.
  if (std::holds_alternative<core::KeysChanged>(event) ||
      std::holds_alternative<core::Identified>(event)) {
    shown_.clear();
    return;
  }
  const Duration most = ground_.options.settings.takeover_after / 2;
  for (const core::InstanceView& view : shown_by_listing(event)) {
    const Life* life = history_.life(view.id);
    if (life == nullptr || view.state != core::InstanceState::kRunning) continue;
    if (life->end_asked || life->told_ending || life->told_stopped) continue;
    const Moment since = shown_.try_emplace(view.id, ground_.now()).first->second;
    if (ground_.now() - std::max(since, ground_.hears_since()) <= most) continue;
    throw Violated(kClaimedRule, str(view.id.value, " was last claimed before ", stamp(since)));
  }
}

}  // namespace cb::sim
