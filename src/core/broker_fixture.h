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
  // A ready worker's address.
  std::string ready_worker() {
    const CallerId caller = world.get();
    world.run_for(seconds{30});
    return world.answer(caller);
  }
};

}  // namespace cb::core::testing
