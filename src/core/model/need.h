#pragma once
// What a caller's request asks of the workers of its pool: all that decides where it may be placed.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/cloud.h"

namespace cb::core {

struct Need {
  std::optional<std::string> type{};    // of the machine; unset: any that the pool has
  std::optional<Market> market{};       // unset: either
  std::optional<std::string> region{};  // unset: any of the pool's
  int cores = 0;                        // at least; of a packed worker so many are his. 0: any
  int count = 1;                        // leases on as many workers, all or none
  bool leased = false;                  // with a claim; false: a mere use, as in protocols 1 and 2
  bool alone = false;                   // on a worker that nobody else has or gets
  auto operator<=>(const Need&) const = default;

  bool fits(std::string_view its_type, Market its_market, std::string_view its_region) const {
    return (!type || *type == its_type) && (!market || *market == its_market) &&
           (!region || *region == its_region);
  }
  // A worker's or a launch's record, a slot, a candidate.
  template <class Machine>
  bool fits(const Machine& machine) const {
    return fits(machine.type, machine.market, machine.region);
  }
};

}  // namespace cb::core
