#include "io/clock/clock.h"

#include <gtest/gtest.h>

#include <set>

namespace cb::io {
namespace {

TEST(Clock, BootTimeNeverGoesBackAndTheCalendarIsOfThisCentury) {
  Now before = now();
  EXPECT_GT(before.wall, *parse_iso8601("2024-01-01T00:00:00Z"));
  for (int i = 0; i < 1000; ++i) {
    const Now after = now();
    EXPECT_GE(after.boot, before.boot);
    before = after;
  }
}

TEST(Clock, TheBootIdIsTheKernelsUuidAndStaysTheSame) {
  EXPECT_EQ(boot_id().size(), 36u);
  EXPECT_EQ(boot_id(), boot_id());
}

TEST(Clock, NoncesAreTwelveLettersAndDigitsAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string nonce = fresh_nonce();
    EXPECT_EQ(nonce.size(), 12u);
    EXPECT_EQ(nonce.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), nonce.npos);
    seen.insert(nonce);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace cb::io
