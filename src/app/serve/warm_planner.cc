#include "app/serve/warm_planner.h"

#include <algorithm>
#include <utility>

#include "io/clock/clock.h"

namespace cb::app {
namespace {

constexpr hours kDay{24};
// A window is at most two days long, and the broker shows the next one, a week ahead.
constexpr Duration kBack = 3 * kDay, kAhead = 9 * kDay;
constexpr minutes kLook{1};

}  // namespace

void WarmPlanner::plan(std::map<PoolName, WarmRules> rules) {
  const auto has_rules = [](const auto& entry) { return !entry.second.empty(); };
  const bool had = std::any_of(rules_.begin(), rules_.end(), has_rules);
  rules_ = std::move(rules);
  const bool has = std::any_of(rules_.begin(), rules_.end(), has_rules);
  if (had || has) tell();
  timer_.cancel();
  if (has) look_again();
}

void WarmPlanner::tell() {
  told_ = io::now().wall;
  events_.post(core::WarmPlanned{warm_windows(rules_, told_ - kBack, told_ + kAhead)});
}

void WarmPlanner::look_again() {
  timer_.expires_after(kLook);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const WallTime now = io::now().wall;
    if (now >= told_ + kDay || now < told_) tell();
    look_again();
  });
}

}  // namespace cb::app
