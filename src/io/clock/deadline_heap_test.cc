#include "io/clock/deadline_heap.h"

#include <gtest/gtest.h>

#include <map>

#include "base/prng.h"

namespace cb::io {
namespace {

Instant at(int ms) {
  return Instant{milliseconds{ms}};
}

TEST(DeadlineHeap, DueOnesComeOutInOrderAndOthersStay) {
  DeadlineHeap heap;
  heap.set(1, at(30));
  heap.set(2, at(10));
  heap.set(3, at(20));
  EXPECT_EQ(heap.earliest(), at(10));
  EXPECT_EQ(heap.take_due(at(20)), 2U);
  EXPECT_EQ(heap.take_due(at(20)), 3U);
  EXPECT_EQ(heap.take_due(at(20)), std::nullopt);
  EXPECT_EQ(heap.earliest(), at(30));
}

TEST(DeadlineHeap, ADeadlineThatIsClearedNeverComes) {
  DeadlineHeap heap;
  heap.clear(7);
  heap.set(7, at(10));
  heap.clear(7);
  heap.clear(7);
  EXPECT_EQ(heap.earliest(), std::nullopt);
  EXPECT_EQ(heap.take_due(at(100)), std::nullopt);
}

TEST(DeadlineHeap, EqualsASortedMapUnderRandomChanges) {
  Prng random{1};
  DeadlineHeap heap;
  std::map<std::uint32_t, Instant> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random.below(200));
    if (random.chance(60)) {
      model[slot] = at(static_cast<int>(random.below(1'000)));
      heap.set(slot, model[slot]);
    } else if (random.chance(50)) {
      model.erase(slot);
      heap.clear(slot);
    } else if (const auto due = heap.take_due(at(static_cast<int>(random.below(1'000))))) {
      for (const auto& [other, when] : model) EXPECT_LE(model.at(*due), when);
      model.erase(*due);
    }
    std::optional<Instant> earliest;
    for (const auto& [other, when] : model) earliest = std::min(earliest.value_or(when), when);
    ASSERT_EQ(heap.earliest(), earliest) << "step " << step;
  }
}

}  // namespace
}  // namespace cb::io
