#include "io/aws/aws_credential_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::Not;

const AwsEnvironment kNone;

Result<CommandOutput> shell(const std::string& text, CommandLimits limits = {}) {
  return run_command({"sh", "-c", text}, kNone, limits);
}

TEST(RunCommand, GivesWhatTheCommandPrinted) {
  auto output = shell("printf '%s' \"a b\"; echo no >&2; cat");  // its input is empty
  ASSERT_TRUE(output) << output.error().what;
  EXPECT_EQ(output->printed, "a b");
  EXPECT_EQ(output->errors, "no\n");
  EXPECT_EQ(output->code, 0);
}

TEST(RunCommand, GivesTheEnvironmentThatItIsTold) {
  AwsEnvironment environment;
  environment.variables = {{"A", "b c"}};
  EXPECT_EQ(run_command({"/bin/sh", "-c", "echo \"$A$HOME\""}, environment)->printed, "b c\n");
  environment.variables["PATH"] = "/nowhere";
  EXPECT_THAT(run_command({"sh"}, environment).error().what, HasSubstr("not there"));
}

TEST(RunCommand, SaysHowTheCommandFailed) {
  EXPECT_EQ(shell("exit 3")->code, 3);
  EXPECT_EQ(shell("kill -9 $$")->code, 128 + 9);
  EXPECT_THAT(run_command({}, kNone).error().what, HasSubstr("not there"));
}

TEST(RunCommand, EndsACommandThatTakesTooLongWithAllItStarted) {
  auto printed = shell("sleep 600 & sleep 600", {.total = milliseconds{50}});
  ASSERT_FALSE(printed);
  EXPECT_THAT(printed.error().what, HasSubstr("longer than 50ms"));
}

TEST(RunCommand, EndsACommandThatPrintsWithoutEnd) {
  for (const char* text : {"while :; do echo yes; done", "while :; do echo yes >&2; done"}) {
    auto printed = shell(text, {.output_bytes_max = 1000});
    ASSERT_FALSE(printed);
    EXPECT_THAT(printed.error().what, HasSubstr("too much"));
  }
}

TEST(CredentialProcess, IsNoShellAndSaysWhatItWroteToItsErrors) {
  EXPECT_EQ(*run_credential_process("printf %s '$HOME  *'", kNone), "$HOME  *");
  auto failed =
      run_credential_process("sh -c 'echo hidden; echo sign on first >&2; exit 7'", kNone);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "ended with code 7: sign on first");
  EXPECT_THAT(run_credential_process("a 'b", kNone).error().what, HasSubstr("not closed"));
}

}  // namespace
}  // namespace cb::io
