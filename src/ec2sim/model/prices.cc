#include "ec2sim/model/prices.h"

#include "base/prng.h"
#include "base/text.h"
#include "ec2sim/model/chance.h"
#include "ec2sim/model/instance_types.h"

namespace cb::ec2sim {
namespace {

constexpr Micros kPeriod = std::chrono::hours{6};

const Price* set_price(const Settings& settings, std::string_view type) {
  const auto set = settings.prices.find(std::string(type));
  return set == settings.prices.end() ? nullptr : &set->second;
}

// Of one type in one zone: prices change at their own times, and each zone has its own level.
struct Series {
  std::uint64_t seed;
  Micros offset;
  std::int64_t level;  // percent
};

Series series_of(const Settings& settings, std::string_view type, const std::string& zone) {
  Series series{seed_of(str(type, '@', zone), settings.seed), {}, 0};
  Prng prng(series.seed);
  series.offset = Micros{prng.between(std::int64_t{0}, kPeriod.count() - 1)};
  series.level = prng.between(std::int64_t{92}, std::int64_t{108});
  return series;
}

std::int64_t step_at(const Series& series, Micros wall) {
  return (wall + series.offset).count() / kPeriod.count();
}

Money price_in(const Series& series, std::int64_t step, Money middle) {
  Prng prng = prng_of(series.seed, static_cast<std::uint64_t>(step));
  const std::int64_t percent = series.level + prng.between(std::int64_t{-2}, std::int64_t{2});
  return {middle.micro_dollars * percent / 100};
}

Money middle_of(std::string_view type) {
  const auto known = find_type(type);
  return known ? known->spot_hourly : Money{};
}

}  // namespace

Money on_demand_price(const Settings& settings, std::string_view type) {
  if (const Price* set = set_price(settings, type)) return set->on_demand_hourly;
  const auto known = find_type(type);
  return known ? known->on_demand_hourly : Money{};
}

Money spot_price(const Settings& settings, std::string_view type, const std::string& zone,
                 Micros wall) {
  if (const Price* set = set_price(settings, type)) return set->spot_hourly;
  const Series series = series_of(settings, type, zone);
  return price_in(series, step_at(series, wall), middle_of(type));
}

std::vector<SpotPrice> spot_prices(const Settings& settings, std::string_view type,
                                   const std::string& zone, Micros from, Micros to) {
  const Series series = series_of(settings, type, zone);
  std::vector<SpotPrice> prices;
  for (std::int64_t step = step_at(series, to); step >= step_at(series, from); --step) {
    const Micros since = step * kPeriod - series.offset;
    const Price* set = set_price(settings, type);
    prices.push_back({set ? set->spot_hourly : price_in(series, step, middle_of(type)), since});
  }
  return prices;
}

}  // namespace cb::ec2sim
