#include "app/serve/farewell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Farewell, WorkersThatGoOnCostingMoneyAreNamedAndThoseThatEndAreNot) {
  core::Records records;
  EXPECT_EQ(what_goes_on(records, hours{12}), "no worker is running");
  core::WorkerRecord& worker = records.workers[{"i-1"}];
  worker.address = "198.51.100.7";
  worker.type = "c7i.16xlarge";
  worker.phase = core::WorkerPhase::kReady;
  records.workers[{"i-2"}].phase = core::WorkerPhase::kTerminating;
  const std::string said = what_goes_on(records, hours{12});
  EXPECT_THAT(said, HasSubstr("i-1 (198.51.100.7, c7i.16xlarge spot) goes on and costs"));
  EXPECT_THAT(said, HasSubstr("12h"));
  EXPECT_THAT(said, Not(HasSubstr("i-2")));
}

}  // namespace
}  // namespace cb::app
