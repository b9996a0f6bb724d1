#pragma once
// What the broker says of itself (`STATUS all`), read by our own commands.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/client/broker_client.h"

namespace cb::app {

// A launch, or an instance, in any state.
struct OverviewWorker {
  std::string address;   // "" while there is none
  std::string instance;  // "" while EC2 has not named it
  std::string pool;
  std::string type;
  std::int64_t since_s = 0;  // of those on their way
  std::size_t leases = 0;    // on it
  std::string state;         // "launching", "booting", or why it ends; "" where it serves

  // "198.51.100.7 (i-0abc, c7i.16xlarge)", as far as it is known.
  std::string name() const;
};

struct BrokerOverview {
  std::vector<OverviewWorker> ready, coming, ending;
  std::int64_t waiting = 0;
  std::vector<std::string> troubles;
  // The rows as the broker wrote them; empty: it does not tell.
  std::string ready_json, pools_json;
};

// Asks for it; of a broker that does not know the question only the ready workers come. Fails as
// ask_broker() does.
BrokerOverview ask_overview(const BrokerOptions& options);

// "0 ready, 1 on its way since 12s (booting), 2 callers wait", and a line for each trouble.
std::string overview_lines(const BrokerOverview& overview);

}  // namespace cb::app
