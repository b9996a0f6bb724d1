#include "core/demand/warm_rules.h"

#include <algorithm>
#include <utility>

#include "base/back_off.h"
#include "base/text.h"

namespace cb::core {
namespace {

std::string counted(std::size_t workers) {
  return str(workers, workers == 1 ? " worker" : " workers");
}

// The one that counts at `time`; null: none holds.
const WarmWindow* at(const std::vector<WarmWindow>& windows, WallTime time) {
  const auto holds = [&](const WarmWindow& w) { return w.from <= time && time < w.until; };
  const auto last = std::find_if(windows.rbegin(), windows.rend(), holds);
  return last == windows.rend() ? nullptr : &*last;
}

// When one begins or ends, in order.
std::vector<WallTime> changes_after(const std::vector<WarmWindow>& windows, WallTime time) {
  std::vector<WallTime> out;
  for (const WarmWindow& window : windows) {
    for (const WallTime change : {window.from, window.until}) {
      if (change > time) out.push_back(change);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

void WarmRules::plan(WarmWindows windows) {
  windows_ = std::move(windows);
  tries_.clear();
  look();
}

Duration WarmRules::lead(const PoolName& pool) const {
  return step_.pool(pool)->warm_lead;
}

// From when it may be launched for.
bool WarmRules::covers(const PoolName& pool, const WarmWindow& window, WallTime time) const {
  return window.from - lead(pool) <= time && time < window.until;
}

bool WarmRules::suspended(const PoolName& pool, const WarmWindow& window) const {
  const auto& all_ended = step_.identity.terminated_all;
  return all_ended && covers(pool, window, *all_ended);
}

// What begins soon is launched for already, where it wants more than what holds now.
WarmRules::Want WarmRules::want(const PoolName& pool, const Windows& windows) const {
  const auto want_at = [&](WallTime time) {
    const WarmWindow* const window = at(windows, time);
    return window == nullptr ? Want{} : Want{*window, suspended(pool, *window)};
  };
  const Want now = want_at(step_.now.wall);
  const Want soon = want_at(step_.now.wall + lead(pool));
  return soon.workers() > now.workers() ? soon : now;
}

void WarmRules::look() {
  std::map<PoolName, Want> wants;
  Duration next = step_.settings.calendar_interval;  // the calendar may jump
  wanting_.clear();
  for (const auto& [pool, windows] : windows_) {
    if (step_.pool(pool) == nullptr) continue;
    const Want& now = wants[pool] = want(pool, windows);
    if (now.workers() != 0) wanting_.push_back(pool);
    changed(pool, wants_[pool], now);
    for (const Duration ahead : {Duration{0}, lead(pool)}) {
      const WallTime time = step_.now.wall + ahead;
      const auto changes = changes_after(windows, time);
      if (!changes.empty()) next = std::min(next, changes.front() - time);
    }
  }
  wants_ = std::move(wants);
  const TimerName timer{TimerKind::kWarm, ""};
  if (wants_.empty()) return step_.timers.cancel(timer);
  step_.timers.arm(timer, step_.now.boot + next);
}

void WarmRules::changed(const PoolName& pool, const Want& before, const Want& now) {
  if (before == now) return;
  tries_.erase(pool);
  if (now.workers() != 0) {
    step_.log(LogLevel::kInfo, "warm.begins", about(pool),
              str("pool ", pool.value, " is to have ", counted(now.workers()), " until ",
                  iso8601(now.window->until), ": its warm window ", now.window->schedule));
  } else if (before.workers() != 0 && !now.suspended) {
    step_.log(LogLevel::kInfo, "warm.ends", about(pool),
              str("the warm window ", before.window->schedule, " of pool ", pool.value,
                  " is over: its workers end when they are idle"));
  } else if (now.suspended) {
    step_.log(LogLevel::kInfo, "warm.suspended", about(pool),
              str("the warm window ", now.window->schedule, " of pool ", pool.value,
                  " wants nothing until it begins anew, for TERMINATE_ALL came within it"));
  }
}

void WarmRules::suspend() {
  const bool within_one = std::any_of(windows_.begin(), windows_.end(), [&](const auto& of) {
    return step_.pool(of.first) != nullptr &&
           std::any_of(of.second.begin(), of.second.end(), [&](const WarmWindow& window) {
             return covers(of.first, window, step_.now.wall);
           });
  });
  if (!within_one) return;
  step_.identity.terminated_all = step_.now.wall;
  step_.save(step_.identity);
  look();
}

std::size_t WarmRules::wanted(const PoolName& pool) const {
  const auto want = wants_.find(pool);
  return want == wants_.end() ? 0 : want->second.workers();
}

std::string WarmRules::because(const PoolName& pool) const {
  const Want& want = wants_.at(pool);
  return str("its warm window ", want.window->schedule, " wants ", want.window->workers);
}

void WarmRules::failed(const PoolName& pool, const std::string& why,
                       std::optional<Instant> next_try) {
  if (wanted(pool) == 0) return;
  const Instant soonest =
      step_.now.boot + back_off(step_.settings.warm_retry_min, step_.settings.warm_retry_max,
                                tries_[pool].failures++);
  hindered(pool, why, std::max(soonest, next_try.value_or(soonest)));
}

void WarmRules::hindered(const PoolName& pool, const std::string& why,
                         std::optional<Instant> next_try) {
  Tries& tries = tries_[pool];
  tries.not_before = next_try.value_or(step_.now.boot + step_.settings.warm_retry_min);
  step_.timers.arm_by({TimerKind::kNextTry, ""}, tries.not_before);
  if (!std::exchange(tries.why, why).empty()) return;
  step_.log(LogLevel::kWarning, "warm.short", about(pool),
            str("pool ", pool.value, " has fewer workers than ", because(pool), ": ", why,
                "; tried again by itself"));
}

bool WarmRules::held(const PoolName& pool) const {
  const auto tries = tries_.find(pool);
  return tries != tries_.end() && step_.now.boot < tries->second.not_before;
}

std::optional<WarmRow> WarmRules::row(const PoolName& pool) const {
  const auto found = windows_.find(pool);
  const auto want = wants_.find(pool);
  if (found == windows_.end() || want == wants_.end()) return {};
  const Windows& windows = found->second;
  WallTime time = step_.now.wall;
  std::optional<WarmWindow> shown = want->second.window;
  const bool holds = shown.has_value();
  if (holds) time = std::max(time, shown->from);
  const auto changes = changes_after(windows, time);
  auto change = changes.begin();
  for (; !shown && change != changes.end(); ++change) {
    const WarmWindow* const next = at(windows, *change);
    if (next != nullptr && next->workers != 0) shown = *next;
  }
  if (!shown) return WarmRow{};
  const auto other = std::find_if(change, changes.end(), [&](WallTime each) {
    const WarmWindow* const then = at(windows, each);
    return then == nullptr || *then != *shown;
  });
  const auto tries = tries_.find(pool);
  return WarmRow{.wanted = shown->workers,
                 .schedule = shown->schedule,
                 .from = shown->from,
                 .until = other == changes.end() ? shown->until : *other,
                 .holds = holds,
                 .suspended = want->second.suspended,
                 .trouble = tries == tries_.end() ? "" : tries->second.why};
}

}  // namespace cb::core
