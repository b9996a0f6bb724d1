#include "driver/reply_router.h"

#include <gtest/gtest.h>

#include <vector>

namespace cb::driver {
namespace {

struct Door : port::Replies {
  void reply(CallerId caller, const core::Answer&) override { answered.push_back(caller); }
  void tell(CallerId caller, const core::Progress&) override { told.push_back(caller); }
  void notify(ConnectionId connection, const core::Notice&) override {
    noticed.push_back(connection);
  }
  std::vector<CallerId> answered, told;
  std::vector<ConnectionId> noticed;
};

TEST(ReplyRouter, AnAnswerGoesBackByTheDoorThatItsCallerCameInBy) {
  Door text, http;
  ReplyRouter router;
  router.add(0, text);
  router.add(3, http);
  // Both doors count from one: only the source tells them apart.
  const CallerId a = caller_id(0, 7), b = caller_id(3, 7);
  router.reply(b, core::Ok{});
  router.tell(a, {core::Progress::Phase::kPending, "pending"});
  router.reply(a, core::Ok{});
  EXPECT_EQ(text.answered, std::vector{a});
  EXPECT_EQ(text.told, std::vector{a});
  EXPECT_EQ(http.answered, std::vector{b});
  EXPECT_TRUE(http.told.empty());
  const ConnectionId stays{with_source(3, 9)};
  router.notify(stays, {"198.51.100.7", "ended"});
  EXPECT_EQ(http.noticed, std::vector{stays});
  EXPECT_TRUE(text.noticed.empty());
}

TEST(ReplyRouter, ACallerOfNoDoorIsIgnored) {
  ReplyRouter router;
  router.reply(caller_id(15, 1), core::Ok{});
  router.tell(caller_id(15, 1), {core::Progress::Phase::kPending, "pending"});
}

TEST(CallerIds, ANumberThatRunsOverNeverLandsAtAnotherDoor) {
  const CallerId caller = caller_id(2, ~std::uint64_t{0});
  EXPECT_EQ(source_of(caller), 2);
  EXPECT_NE(caller, caller_id(3, ~std::uint64_t{0}));
}

}  // namespace
}  // namespace cb::driver
