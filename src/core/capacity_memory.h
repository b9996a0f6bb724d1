#pragma once
// What the cloud recently said it has not got, so that a caller does not wait for the same refusal
// again: lack of capacity for each (region, market, type, zone), and quotas for each market.

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/time.h"
#include "core/cloud.h"

namespace cb::core {

struct Candidate {
  std::string region;
  Market market = Market::kSpot;
  std::string type;
  std::string zone;  // empty: EC2 chooses
  auto operator<=>(const Candidate&) const = default;
};
std::string to_string(const Candidate& candidate);  // "c7i.16xlarge spot us-east-1b"

class CapacityMemory {
 public:
  // Remembers `code` for `candidate` until `until`; a later hit moves the end.
  void no_capacity(const Candidate& candidate, const std::string& code, Instant until);
  // Closes the whole market of the region. True when it was open before: say it once.
  bool quota_reached(const std::string& region, Market market, const std::string& code, Instant now,
                     Instant until);
  // Why not to try it now: the code; unset: try.
  std::optional<std::string> unavailable(const Candidate& candidate, Instant now) const;
  void clear();

 private:
  struct Closed {
    std::string code;
    Instant until;
  };
  std::map<Candidate, Closed> candidates_;
  std::map<std::pair<std::string, Market>, Closed> markets_;
};

}  // namespace cb::core
