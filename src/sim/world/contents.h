#pragma once
// The contents of what passes between the broker and its world, for the digest: two runs that
// differ in a single field of an answer or a row differ.

#include "core/model/event.h"
#include "core/model/record.h"
#include "core/model/request.h"
#include "sim/world/timeline.h"

namespace cb::sim {

void fold(Timeline& timeline, const core::InstanceView& view);
void fold(Timeline& timeline, const core::Answer& answer);
void fold(Timeline& timeline, const core::LedgerRecord& line);

}  // namespace cb::sim
