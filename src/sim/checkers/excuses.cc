#include "sim/checkers/excuses.h"

#include <algorithm>

#include "sim/checkers/bounds.h"
#include "sim/sim_cloud.h"

namespace cb::sim {

void Stretches::add(Moment from, Moment to) {
  auto next = stretches_.lower_bound(from);
  if (next != stretches_.begin() && std::prev(next)->second >= from) --next;
  while (next != stretches_.end() && next->first <= to) {
    from = std::min(from, next->first);
    to = std::max(to, next->second);
    next = stretches_.erase(next);
  }
  stretches_[from] = to;
}

Duration Stretches::within(Moment from, Moment to) const {
  Duration sum{0};
  for (const auto& [begin, end] : stretches_) {
    if (end > from && begin < to) sum += std::min(end, to) - std::max(begin, from);
  }
  return sum;
}

Duration Excuses::within(const InstanceId& id, Moment from, Moment to) const {
  Stretches all = general_;
  if (down_) all.add(down_since_, to);
  if (other_account_since_) all.add(*other_account_since_, to);
  const auto own = of_instance_.find(id);
  const Duration own_time = own == of_instance_.end() ? Duration{0} : own->second.within(from, to);
  return all.within(from, to) + own_time;
}

void Excuses::told(const core::Event& event) {
  const core::Settings& settings = ground_.options.settings;
  const auto* listed = std::get_if<core::Listed>(&event);
  if (listed == nullptr || !std::holds_alternative<core::CloudFailure>(listed->result)) return;
  // It saw nothing from this call to the answer of the next.
  general_.add(ground_.now() - SimCloud::kCallLimit,
               ground_.now() + settings.listing_slow + SimCloud::kCallLimit);
}

void Excuses::terminate_called(const std::vector<InstanceId>& ids) {
  const Duration repeat = ground_.options.settings.terminate_repeat;
  for (const InstanceId& id : ids) {
    of_instance_[id].add(ground_.now(), ground_.now() + repeat + SimCloud::kLatestEffect);
  }
}

void Excuses::started(const BrokerStart& start) {
  const core::Settings& settings = ground_.options.settings;
  Duration boots{0};
  for (const auto& [name, pool] : settings.pools) {
    boots = std::max(boots, boot_bound(settings, name));
  }
  Moment from = down_since_;
  down_ = false;
  // The time since the latest commit of another boot is only known by the calendar.
  if (start.rebooted && history_.last_commit()) from = std::min(from, *history_.last_commit());
  if (other_account_since_) from = std::min(from, *other_account_since_);
  other_account_since_.reset();
  if (start.other_account) other_account_since_ = from;
  general_.add(from, ground_.now() + settings.restart_grace + boots + SimCloud::kCallLimit);
}

}  // namespace cb::sim
