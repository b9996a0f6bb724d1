#include "io/store/state_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/store/sqlite_store_test_kit.h"

namespace cb::io::testing {
namespace {

using ::testing::HasSubstr;

TEST(StateDir, IsMadeWithItsParentsForItsOwnerOnly) {
  const TempDir dir;
  StateDir state(dir.path / "a" / "b");
  EXPECT_TRUE(state.take());
  EXPECT_TRUE(state.held());
  EXPECT_EQ(fs::status(dir.path / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(dir.path / "a" / "b").permissions(), fs::perms::owner_all);
}

TEST(StateDir, IsHeldByOneAtATimeAndFreeWhenItEnds) {
  const TempDir dir;
  StateDir second(dir.path);
  {
    StateDir first(dir.path);
    EXPECT_TRUE(first.take());
    EXPECT_TRUE(first.take());
    EXPECT_FALSE(second.take());
    EXPECT_TRUE(second.rival());
  }
  EXPECT_TRUE(second.take());
  EXPECT_FALSE(second.rival());
}

TEST(StateDir, TellsWhichProcessHoldsItAndIsFreeWhenThatIsKilled) {
  const TempDir dir;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    StateDir state(dir.path);
    const char taken = state.take() ? 'y' : 'n';
    [[maybe_unused]] const auto told = ::write(ends[1], &taken, 1);
    while (true) ::pause();
  }
  char taken = 0;
  ASSERT_EQ(::read(ends[0], &taken, 1), 1);
  ASSERT_EQ(taken, 'y');
  StateDir state(dir.path);
  const Status refused = state.take();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr(str("(process ", holder, ")")));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  EXPECT_TRUE(state.take());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(StateDir, ThatIsAFileSaysSo) {
  const TempDir dir;
  write(dir.path / "file", "");
  StateDir state(dir.path / "file");
  const Status refused = state.take();
  ASSERT_FALSE(refused);
  EXPECT_FALSE(state.rival());
  EXPECT_THAT(refused.error().what, HasSubstr("cannot be used: Not a directory"));
}

TEST(StateDirPlace, IsTheSameForTheSameDirectoryAndForNoOther) {
  EXPECT_EQ(place_of("/tmp/a"), place_of("/tmp/b/../a"));
  EXPECT_NE(place_of("/tmp/a"), place_of("/tmp/b"));
  EXPECT_EQ(place_of("/tmp/a").find_first_not_of("0123456789abcdef"), std::string::npos);
}

}  // namespace
}  // namespace cb::io::testing
