// What one restart decides, the next one has to find in the journal.

#include "core/broker_fixture.h"

namespace cb::core::testing {
namespace {

TEST_F(BrokerTest, AWorkerThatBecameReadyAfterARestartIdlesFromThenOnAfterTheNextToo) {
  world.boot = minutes{2};
  world.get(seconds{1});
  world.run_for(seconds{20});
  world.crash_and_restart();
  world.run_for(minutes{2});  // it becomes ready, and nobody takes it
  ASSERT_TRUE(world.logged("is ready"));
  const Instant used = world.journal.workers.begin()->second.last_used;
  EXPECT_GT(used, world.now.boot - seconds{30}) << "saved as if it idled while it booted";
  world.crash_and_restart();
  world.run_for(minutes{14});
  EXPECT_EQ(world.alive(), 1U);
}

}  // namespace
}  // namespace cb::core::testing
