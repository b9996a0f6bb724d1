#include "core/demand/placement.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace cb::core {
namespace {

// How many of its machine's kinds it leaves open no choice of.
int conditions(const Need& need) {
  return (need.type ? 1 : 0) + (need.market ? 1 : 0) + (need.region ? 1 : 0);
}

class Placing {
 public:
  Placing(const PoolSettings& pool, std::vector<Slot> slots, std::size_t more)
      : pool_(pool), more_(more) {
    out_.slots = std::move(slots);
  }

  void place(const Group& group, std::size_t index) {
    const Need& need = group.need;
    const bool comes = std::any_of(out_.slots.begin(), out_.slots.end(), [&](const Slot& slot) {
      return !slot.ready && need.fits(slot);
    });
    const std::size_t before = launched();
    lacks_ = false;
    if (need.count > 1) {
      for (std::size_t i = 0; i < group.callers; ++i) place_count(need);
    } else {
      place_singles(need, group.callers);
    }
    if (lacks_) out_.missing.push_back({need, launched() - before, index, !comes});
  }

  Placement take() {
    std::sort(out_.missing.begin(), out_.missing.end(),
              [](const auto& a, const auto& b) { return a.group < b.group; });
    return std::move(out_);
  }

 private:
  // So many equal workers that are to be launched.
  struct Run {
    Slot slot;
    std::size_t workers;
  };

  std::size_t launched() const {
    std::size_t out = 0;
    for (const Run& run : runs_) out += run.workers;
    return out;
  }

  // How many such leases it has room for.
  std::size_t takes(const Slot& slot, const Need& need) const {
    if (!need.fits(slot)) return 0;
    const std::size_t size = pool_.places_taken(need);
    if (size == kAnyNumber) return slot.fresh ? 1 : 0;
    return slot.room == kAnyNumber ? kAnyNumber : slot.room / size;
  }

  void put(Slot& slot, const Need& need, std::size_t leases) const {
    const std::size_t size = pool_.places_taken(need);
    slot.used = true;
    slot.fresh = false;
    if (size == kAnyNumber) {
      slot.room = 0;
    } else if (slot.room != kAnyNumber) {
      slot.room -= leases * size;
    }
  }

  // What a launch for `need` will bring, as far as anybody knows.
  Slot new_worker(const Need& need) const {
    const std::string_view type = need.type ? std::string_view(*need.type) : "";
    Slot slot{.type = type,
              .market = need.market.value_or(Market::kSpot),
              .region = need.region ? std::string_view(*need.region) : ""};
    if (pool_.sharing != Sharing::kPacked) {
      slot.room = pool_.places(type);
    } else {
      const int cores = pool_.least_cores(need.type);
      slot.room = static_cast<std::size_t>(std::max({cores, need.cores, 1}));
    }
    return slot;
  }

  // Those that it may be placed on, in the order in which that is done: as they were given, since
  // the surest stand first; where workers are parted by cores the fullest first.
  std::vector<Slot*> in_turn(const Need& need) {
    std::vector<Slot*> out;
    for (Slot& slot : out_.slots) {
      if (takes(slot, need) != 0) out.push_back(&slot);
    }
    if (pool_.sharing == Sharing::kPacked) {
      std::stable_sort(out.begin(), out.end(),
                       [](const Slot* a, const Slot* b) { return a->room < b->room; });
    }
    return out;
  }

  void place_singles(const Need& need, std::size_t callers) {
    for (Slot* const slot : in_turn(need)) {
      if (callers == 0) return;
      const std::size_t leases = std::min(callers, takes(*slot, need));
      put(*slot, need, leases);
      callers -= leases;
    }
    for (std::size_t i = 0; i < runs_.size() && callers != 0; ++i)
      callers -= fill(i, need, callers);
    while (callers != 0) {
      const Slot fresh = new_worker(need);
      const std::size_t each = takes(fresh, need);
      runs_.push_back({fresh, each == kAnyNumber ? 1 : (callers + each - 1) / each});
      callers -= fill(runs_.size() - 1, need, callers);
    }
  }

  // As many of `callers` as the workers of that run have room for. Those that are not filled alike
  // are no run any more.
  std::size_t fill(std::size_t index, const Need& need, std::size_t callers) {
    const std::size_t each = takes(runs_[index].slot, need);
    if (each == 0) return 0;
    lacks_ = true;
    const std::size_t full =
        each == kAnyNumber ? 0 : std::min(runs_[index].workers, callers / each);
    const std::size_t rest = full < runs_[index].workers ? callers - full * each : 0;
    const Run run = runs_[index];
    std::vector<Run> parts;
    if (full != 0) parts.push_back({run.slot, full}), put(parts.back().slot, need, each);
    if (rest != 0) parts.push_back({run.slot, 1}), put(parts.back().slot, need, rest);
    const std::size_t untouched = run.workers - full - (rest != 0 ? 1 : 0);
    if (untouched != 0) parts.push_back({run.slot, untouched});
    runs_.erase(runs_.begin() + static_cast<std::ptrdiff_t>(index));
    runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(index), parts.begin(), parts.end());
    return full * each + rest;
  }

  // All of its workers or, unless it is the oldest count, none where they cannot be launched.
  void place_count(const Need& need) {
    const std::vector<Slot> slots = out_.slots;
    const std::vector<Run> runs = runs_;
    const bool lacked = lacks_;
    place_one_count(need);
    const bool oldest = !std::exchange(counted_, true);
    if (oldest || launched() <= more_) return;
    out_.slots = slots;
    runs_ = runs;
    lacks_ = lacked;
  }

  // Never two of them on one worker, but where it is parted by cores.
  void place_one_count(const Need& need) {
    const auto count = static_cast<std::size_t>(need.count);
    if (pool_.sharing == Sharing::kPacked) return place_singles(need, count);
    std::size_t left = count;
    for (Slot* const slot : in_turn(need)) {
      if (left == 0) return;
      put(*slot, need, 1);
      --left;
    }
    for (std::size_t i = 0; i < runs_.size() && left != 0; ++i) {
      Run& run = runs_[i];
      if (takes(run.slot, need) == 0) continue;
      lacks_ = true;
      const std::size_t workers = std::min(left, run.workers);
      left -= workers;
      if (workers == run.workers) {
        put(run.slot, need, 1);
        continue;
      }
      Run taken{run.slot, workers};
      put(taken.slot, need, 1);
      run.workers -= workers;
      runs_.insert(runs_.begin() + static_cast<std::ptrdiff_t>(i), taken);
      return;
    }
    if (left == 0) return;
    lacks_ = true;
    runs_.push_back({new_worker(need), left});
    put(runs_.back().slot, need, 1);
  }

  const PoolSettings& pool_;
  std::size_t more_;
  Placement out_;
  std::vector<Run> runs_;
  bool counted_ = false;  // a count has been placed: the oldest of them
  bool lacks_ = false;    // the group at hand, what it was placed on
};

}  // namespace

Placement place(const PoolSettings& pool, const std::vector<Group>& groups, std::vector<Slot> slots,
                std::size_t more) {
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return conditions(groups[a].need) > conditions(groups[b].need);
  });
  // What the oldest count needs is held for it, whoever is choosier.
  const auto count = std::find_if(groups.begin(), groups.end(),
                                  [](const Group& group) { return group.need.count > 1; });
  if (count != groups.end()) {
    const auto its =
        std::find(order.begin(), order.end(), static_cast<std::size_t>(count - groups.begin()));
    std::rotate(order.begin(), its, its + 1);
  }
  Placing placing(pool, std::move(slots), more);
  for (const std::size_t i : order) placing.place(groups[i], i);
  return placing.take();
}

}  // namespace cb::core
