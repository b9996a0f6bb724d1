#include "ec2sim/model/fleet_plan.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/prices.h"

namespace cb::ec2sim {
namespace {

using Pools = std::vector<const FleetPool*>;

// What pools are compared by; the smaller one is used first.
using Rank = std::tuple<double, double, double>;

class Planner {
 public:
  Planner(const FleetMarket& market, Instances& instances, const Settings& settings, SimNow now,
          FleetPlan& plan)
      : market_(market), instances_(instances), settings_(settings), now_(now), plan_(plan) {}

  void run() {
    for (const Pools& group : groups()) {
      const std::size_t before = plan_.placements.size();
      left_ = market_.target;
      market_.allocation == Allocation::kDiversified ? spread(group) : fill(group);
      if (market_.target - left_ >= std::max<std::int64_t>(1, market_.least)) return;
      plan_.placements.resize(before);
      plan_.overrides.resize(before);
    }
  }

 private:
  Rank rank(const FleetPool& pool) const {
    const Taken taken{instances_.all(), plan_.placements};
    const LaunchOrder& order = pool.order;
    const auto room = double(
        std::min(market_.target, places_left(settings_, taken, order, order.zone, now_.boot)));
    const Money hourly = market_.spot ? spot_price(settings_, order.type, order.zone, now_.wall)
                                      : on_demand_price(settings_, order.type);
    const auto price = double(hourly.micro_dollars);
    switch (market_.allocation) {
      case Allocation::kLowestPrice:
      case Allocation::kDiversified:
        return {price, 0, 0};
      case Allocation::kPriceCapacity:
      case Allocation::kCapacity:
        return {-room, price, 0};
      case Allocation::kCapacityPrioritized:
        return {-room, pool.priority, price};
      case Allocation::kPrioritized:
        return {pool.priority, price, 0};
    }
    return {};
  }

  // All pools, or those of one type or zone by themselves; the best first.
  std::vector<Pools> groups() const {
    std::vector<std::pair<Rank, const FleetPool*>> ranked;
    for (const FleetPool& pool : market_.pools) ranked.emplace_back(rank(pool), &pool);
    std::ranges::stable_sort(ranked, {}, [](const auto& one) { return one.first; });
    std::vector<std::pair<std::string, Pools>> groups;
    for (const auto& [rank, pool] : ranked) {
      const std::string key = str(market_.single_type ? pool->order.type : "", '@',
                                  market_.single_zone ? pool->order.zone : "");
      auto group = std::ranges::find(groups, key, [](const auto& one) { return one.first; });
      if (group == groups.end()) group = groups.insert(group, {key, {}});
      group->second.push_back(pool);
    }
    std::vector<Pools> found;
    found.reserve(groups.size());
    for (auto& [key, pools] : groups) found.push_back(std::move(pools));
    return found;
  }

  // As much as can be had of the first pool, then of the next.
  void fill(const Pools& pools) {
    for (const FleetPool* pool : pools) {
      while (left_ > 0 && take(*pool, left_)) {
      }
    }
  }

  // One of each pool in turn.
  void spread(Pools pools) {
    while (left_ > 0 && !pools.empty()) {
      std::erase_if(pools, [&](const FleetPool* pool) { return left_ > 0 && !take(*pool, 1); });
    }
  }

  // False, with an error in the plan: this pool has no more.
  bool take(const FleetPool& pool, std::int64_t most) {
    LaunchOrder order = pool.order;
    order.min_count = 1;
    order.max_count = most;
    try {
      plan_.placements.push_back(instances_.place(order, plan_.placements, now_));
    } catch (const Refusal& refusal) {
      add_error({pool.override_index, market_.spot, refusal.code, refusal.message});
      return false;
    }
    plan_.overrides.push_back(pool.override_index);
    left_ -= plan_.placements.back().count;
    return true;
  }

  // An override that has several zones is told of once.
  void add_error(const FleetError& error) {
    const auto same = [&](const FleetError& one) {
      return one.override_index == error.override_index && one.spot == error.spot &&
             one.code == error.code;
    };
    if (std::ranges::none_of(plan_.errors, same)) plan_.errors.push_back(error);
  }

  const FleetMarket& market_;
  Instances& instances_;
  const Settings& settings_;
  SimNow now_;
  FleetPlan& plan_;
  std::int64_t left_ = 0;
};

}  // namespace

void plan_market(const FleetMarket& market, Instances& instances, const Settings& settings,
                 SimNow now, FleetPlan& plan) {
  Planner(market, instances, settings, now, plan).run();
}

}  // namespace cb::ec2sim
