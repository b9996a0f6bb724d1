#pragma once
// What the tests of the broker share.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/small_world.h"

namespace cb::core::testing {

inline CloudFailure failure(FailureClass what, std::string code) {
  return {what, std::move(code), "said the test"};
}

struct BrokerTest : ::testing::Test {
  SmallWorld world;

  void SetUp() override { world.start(); }
  // What a caller is told whose launch is not answered, nor shown by any listing.
  std::string told_of_a_launch() {
    world.hold_launches = true;
    world.ask(GetWorker{.pool = {}, .wait = {}, .client = {}, .wants_progress = true, .hold = {}});
    world.only().listed = false;
    world.run_for(seconds{2});
    return world.told.empty() ? "" : world.told.back().progress.text;
  }
  // A ready worker's address.
  std::string ready_worker() {
    const CallerId caller = world.get();
    world.run_for(seconds{30});
    return world.answer(caller);
  }
};

}  // namespace cb::core::testing
