#pragma once
// The instances that an event shows.

#include <span>

#include "core/model/event.h"

namespace cb::sim {

using Shown = std::span<const core::InstanceView>;

// By a listing; none where it failed, and for any other event.
inline Shown shown_by_listing(const core::Event& event) {
  const auto* listed = std::get_if<core::Listed>(&event);
  const auto* listing = listed != nullptr ? std::get_if<core::Listing>(&listed->result) : nullptr;
  return listing != nullptr ? Shown(listing->instances) : Shown();
}
// By the answer to a launch; none where it was refused or its outcome is unknown.
inline Shown shown_by_launch(const core::Event& event) {
  const auto* answer = std::get_if<core::LaunchAnswered>(&event);
  const auto* launched = answer != nullptr ? std::get_if<core::Launched>(&answer->result) : nullptr;
  return launched != nullptr ? Shown(launched->instances) : Shown();
}

}  // namespace cb::sim
