#include "core/model/cloud.h"

#include <gtest/gtest.h>

namespace cb::core {
namespace {

TEST(CloudWords, AreReadAsTheyAreWritten) {
  for (Market m : {Market::kSpot, Market::kOnDemand}) EXPECT_EQ(parse_market(to_string(m)), m);
  for (int i = 0; i <= static_cast<int>(InstanceState::kStopped); ++i) {
    auto state = static_cast<InstanceState>(i);
    EXPECT_EQ(parse_instance_state(to_string(state)), state);
  }
  EXPECT_EQ(parse_instance_state("shutting-down"), InstanceState::kShuttingDown);
  EXPECT_EQ(parse_instance_state("Running"), std::nullopt);
  EXPECT_EQ(parse_market(""), std::nullopt);
}

TEST(InstanceView, AnAbsentTagIsEmpty) {
  InstanceView view;
  view.tags.emplace_back("Name", "dserv-worker");
  EXPECT_EQ(view.tag("Name"), "dserv-worker");
  EXPECT_EQ(view.tag("name"), "");
}

}  // namespace
}  // namespace cb::core
