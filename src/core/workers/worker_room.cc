// Which workers have room for whom.

#include <algorithm>

#include "core/workers/worker_pool.h"

namespace cb::core {

std::size_t WorkerPool::room(const Worker& worker) const {
  const PoolSettings* const pool = step_.pool(worker.record.pool);
  if (worker.leased_alone != 0) return 0;
  const std::size_t places = pool != nullptr ? pool->places(worker.record.type) : kAnyNumber;
  if (places == kAnyNumber) return kAnyNumber;
  const bool packed = pool->sharing == Sharing::kPacked;
  // Who asked for no number of cores has them all.
  if (packed && worker.leased_whole != 0) return 0;
  const std::size_t taken = packed ? worker.leased_cores : worker.leases.size();
  return places - std::min(places, taken);
}

bool WorkerPool::free_for_one_alone(const Worker& worker) const {
  const PoolSettings* const pool = step_.pool(worker.record.pool);
  const bool shared = pool != nullptr && pool->sharing == Sharing::kShared;
  const bool boots = worker.record.phase == WorkerPhase::kBooting;  // and answers nobody yet
  return worker.leases.empty() && (!shared || boots || nobodys(worker));
}

bool WorkerPool::takes(const Worker& worker, const Need& need) const {
  if (!need.fits(worker.record)) return false;
  if (!need.leased) return worker.leased_alone == 0;
  const PoolSettings* const pool = step_.pool(worker.record.pool);
  const std::size_t size = pool != nullptr ? pool->places_taken(need) : 1;
  return size != kAnyNumber ? worker.indexed_room >= size : free_for_one_alone(worker);
}

template <class Take>
void WorkerPool::each_with_room(const PoolName& name, const Need& need, Take&& take) const {
  const auto index = indices_.find(name);
  if (index == indices_.end()) return;
  if (!need.leased) {
    for (const auto& [begun, id] : index->second.ready) {
      const Worker& worker = *find(id);
      if (takes(worker, need) && !take(worker, 1)) return;
    }
    return;
  }
  const PoolSettings* const pool = step_.pool(name);
  if (pool == nullptr) return;
  // After a crash nobody would know whose it is, and the next one would be given it as well.
  const bool for_himself = pool->sharing != Sharing::kShared || need.alone;
  if (for_himself && !step_.save_trouble.empty()) return;
  const std::size_t size = pool->places_taken(need);
  const bool parted = pool->sharing == Sharing::kPacked && size != kAnyNumber;
  const std::size_t least = size == kAnyNumber ? 1 : size;
  for (auto next = index->second.room.lower_bound({least, Instant::min(), {}});
       next != index->second.room.end(); ++next) {
    const auto& [room, begun, id] = *next;
    const Worker& worker = *find(id);
    if (takes(worker, need) && !take(worker, parted ? room / size : 1)) return;
  }
}

const Worker* WorkerPool::with_room(const PoolName& pool, const Need& need) const {
  const Worker* out = nullptr;
  each_with_room(pool, need, [&](const Worker& worker, std::size_t) {
    out = &worker;
    return false;
  });
  return out;
}

std::vector<const Worker*> WorkerPool::with_room_for_all(const PoolName& pool, const Need& need,
                                                         std::size_t most) const {
  std::vector<const Worker*> out;
  each_with_room(pool, need, [&](const Worker& worker, std::size_t times) {
    out.insert(out.end(), std::min(times, most - out.size()), &worker);
    return out.size() < most;
  });
  return out;
}

std::vector<const Worker*> WorkerPool::with_room_left(const PoolName& name) const {
  std::vector<const Worker*> out;
  const auto index = indices_.find(name);
  const PoolSettings* const pool = step_.pool(name);
  if (pool == nullptr || index == indices_.end()) return out;
  if (pool->sharing != Sharing::kShared && !step_.save_trouble.empty()) return out;
  for (const auto& [room, begun, id] : index->second.room) out.push_back(find(id));
  return out;
}

}  // namespace cb::core
