#pragma once
// What an hour of a type costs. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "ec2sim/model/clock.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// By the hour: as the settings say, else as the type costs.
Money on_demand_price(const Settings& settings, std::string_view type);

// By the hour, in one zone, at a moment. A type that the settings give a price has that one
// everywhere; else each zone is within 10 % of what the type costs as spot, drawn from the seed,
// and moves a little every six hours.
Money spot_price(const Settings& settings, std::string_view type, const std::string& zone,
                 Micros wall);

struct SpotPrice {
  Money hourly;
  Micros since_wall{0};
};
// The prices from `from` until `to`, the newest first; the last one is the one that held at `from`.
std::vector<SpotPrice> spot_prices(const Settings& settings, std::string_view type,
                                   const std::string& zone, Micros from, Micros to);

}  // namespace cb::ec2sim
