#include "io/loop/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "io/loop/loop_test_kit.h"

namespace cb::io {
namespace {

// Writes down what is done to it; `on_run` may post more.
struct Script {
  void post(core::Event) { ++queued; }
  void run(Now now) {
    runs.push_back(queued);
    queued = 0;
    if (deadline && *deadline <= now.boot) {
      deadline.reset();
      ++expired;
    }
    if (on_run) on_run();
  }
  bool has_work() const { return queued != 0; }
  std::optional<Instant> next_deadline() const { return deadline; }

  std::size_t queued = 0;
  std::vector<std::size_t> runs;  // events taken by each
  std::optional<Instant> deadline;
  int expired = 0;
  std::function<void()> on_run;
};

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() {
    loop.drive(script, {[this] { ++heard; }, [this] { ++turns; }});
  }
  void post() { loop.post(core::TimePassed{}); }
  bool run_until(const std::function<bool()>& condition) { return io::run_until(io, condition); }

  boost::asio::io_context io{1};
  Script script;
  Loop<Script> loop{io};
  int heard = 0;
  int turns = 0;
};

TEST_F(LoopTest, WhatIsPostedBeforeATurnIsOneRunAndNeverInsideTheCall) {
  for (int i = 0; i < 5; ++i) post();
  EXPECT_TRUE(script.runs.empty());
  io.poll();
  EXPECT_EQ(script.runs, std::vector<std::size_t>{5});
  EXPECT_EQ(turns, 1);
}

TEST_F(LoopTest, WhatARunPostsIsRunInTheSameTurn) {
  script.on_run = [&] {
    if (script.runs.size() < 3) post();
  };
  post();
  io.poll();
  EXPECT_EQ(script.runs, (std::vector<std::size_t>{1, 1, 1}));
  EXPECT_EQ(heard, 0) << "no deadline has come";
}

TEST_F(LoopTest, WhoPostsForEverLetsTheOthersHaveAWord) {
  script.on_run = [&] { post(); };
  post();
  bool other = false;
  boost::asio::post(io, [&] { other = true; });
  io.run_one();
  io.run_one();
  EXPECT_TRUE(other);
  EXPECT_EQ(script.runs.size(), static_cast<std::size_t>(Loop<Script>::kRoundsATurn));
}

TEST_F(LoopTest, ADeadlineComesWithoutAnyEventAndWhoHasSpokenIsHeardBefore) {
  loop.drive(script, {[this] {
                        if (++heard == 1) loop.post(core::TimePassed{});
                      },
                      [] {}});
  script.deadline = now().boot + milliseconds{20};
  loop.wake();
  ASSERT_TRUE(run_until([&] { return script.expired == 1; }));
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(script.runs.back(), 1U) << "what was heard is part of the run in which time passes";
  EXPECT_LE(script.runs.size(), 2U) << "once";
}

TEST_F(LoopTest, ADeadlineThatMovesForwardIsNotWaitedForToTheFormer) {
  script.deadline = now().boot + hours{1};
  loop.wake();
  io.poll();
  script.deadline = now().boot + milliseconds{10};
  loop.wake();
  EXPECT_TRUE(run_until([&] { return script.expired == 1; }));
}

TEST_F(LoopTest, WithoutWorkOrDeadlineNothingWakesUp) {
  script.deadline = now().boot + milliseconds{1};
  loop.wake();
  ASSERT_TRUE(run_until([&] { return script.expired == 1; }));
  const std::size_t runs = script.runs.size();
  io.restart();
  io.run_for(milliseconds{50});
  EXPECT_EQ(script.runs.size(), runs);
}

}  // namespace
}  // namespace cb::io
