#pragma once
// Where those who wait will be served, by the workers that are on their way, and how many are
// missing: the one rule behind every launch. The longest waiting are placed first, each where it
// still fits and least is left over; for who fits nowhere a worker more is thought of, on which the
// next are placed as well. Pure: it changes nothing but its own answer.

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "core/model/need.h"
#include "core/model/settings.h"

namespace cb::core {

// A worker that comes, or a launch of one. What it refers to is its record's.
struct Slot {
  std::string_view type;
  Market market = Market::kSpot;
  std::string_view region{};
  std::size_t room = kAnyNumber;        // places that are left on it
  bool fresh = true;                    // nobody is on it yet
  bool ready = false;                   // it is there already
  const LaunchToken* launch = nullptr;  // null: it is a worker
  bool used = false;                    // somebody is placed on it
};

// Who waits for just the same.
struct Group {
  Need need;
  std::size_t callers = 0;
};

struct Placement {
  std::vector<Slot> slots;  // as they were given, with what is left of them
  struct Missing {
    Need need;
    std::size_t workers = 0;     // to be launched for it; 0: it fits on what others lack
    std::size_t group = 0;       // its place among them
    bool nothing_comes = false;  // no slot that is to come is of use to it, be there room or not
  };
  std::vector<Missing> missing;  // the groups that what comes is not enough for, by age
};

// `groups` by age. The oldest count is placed first, for what is there is held for it; then who is
// choosier about the kind of machine: the others may use what is left of that.
// `more`: so many workers may still be launched; a count that they do not suffice for is left out,
// unless it is the oldest: what is begun for it would be held in vain.
Placement place(const PoolSettings& pool, const std::vector<Group>& groups, std::vector<Slot> slots,
                std::size_t more);

}  // namespace cb::core
