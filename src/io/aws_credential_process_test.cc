#include "io/aws_credential_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::io {
namespace {

using testing::HasSubstr;

TEST(RunCommand, GivesWhatTheCommandPrinted) {
  auto printed = run_command("printf '%s' \"a b\"; cat");  // its input is empty
  ASSERT_TRUE(printed) << printed.error().what;
  EXPECT_EQ(*printed, "a b");
}

TEST(RunCommand, SaysHowTheCommandFailed) {
  EXPECT_THAT(run_command("exit 3").error().what, HasSubstr("ended with code 3"));
  EXPECT_THAT(run_command("kill -9 $$").error().what, HasSubstr("signal 9"));
}

TEST(RunCommand, EndsACommandThatTakesTooLongWithAllItStarted) {
  auto printed = run_command("sleep 600 & sleep 600", {.total = milliseconds{50}});
  ASSERT_FALSE(printed);
  EXPECT_THAT(printed.error().what, HasSubstr("longer than 50ms"));
}

TEST(RunCommand, EndsACommandThatPrintsWithoutEnd) {
  auto printed = run_command("while :; do echo yes; done", {.output_bytes_max = 1000});
  ASSERT_FALSE(printed);
  EXPECT_THAT(printed.error().what, HasSubstr("too much"));
}

}  // namespace
}  // namespace cb::io
