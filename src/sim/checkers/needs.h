#pragma once
// What is given in an answer, and how many workers those who wait may need.

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/demand/pool_choice.h"
#include "core/model/request.h"
#include "core/model/settings.h"

namespace cb::sim {

// None for an answer that gives no worker.
std::vector<core::WorkerAddress> given_in(const core::Answer& answer);

// What kind of machine is asked for; none of them: any.
struct Kind {
  std::string type;
  std::optional<core::Market> market;
  std::optional<std::string> region;
  auto operator<=>(const Kind&) const = default;
};
template <class Record>
Kind kind_of(const Record& record) {
  return {record.type, record.market, record.region};
}
// The most workers of each kind that callers with these needs can make necessary, each placed anew:
// where workers are parted by cores no packing that leaves two of them less than half full.
std::map<Kind, std::size_t> most_needed(const core::PoolSettings& pool,
                                        const std::map<core::Need, std::size_t>& callers);

// Whether somebody among them waits for several workers at once ...
bool counts_wait(const std::map<core::Need, std::size_t>& callers);
// ... for which such a machine is of use: it stays for him, and nobody else is given it.
bool counts_want(const std::map<core::Need, std::size_t>& callers, const Kind& machine);

}  // namespace cb::sim
