#include "io/net/token_bucket.h"

#include <gtest/gtest.h>

namespace cb::io {
namespace {

const TokenBucket::Clock::time_point kStart{hours{1}};

TEST(TokenBucket, LetsABurstThroughAndThenOneAtATime) {
  TokenBucket bucket({.per_second = 2, .burst = 3});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.reserve(kStart, seconds{9}), milliseconds{0});
  EXPECT_EQ(bucket.reserve(kStart, seconds{9}), milliseconds{500});
  EXPECT_EQ(bucket.reserve(kStart, seconds{9}), milliseconds{1000});
}

TEST(TokenBucket, RefillsWithTimeUpToItsBurst) {
  TokenBucket bucket({.per_second = 2, .burst = 3});
  for (int i = 0; i < 3; ++i) (void)bucket.reserve(kStart, seconds{9});
  EXPECT_EQ(bucket.reserve(kStart + milliseconds{250}, seconds{9}), milliseconds{250});
  const auto later = kStart + hours{1};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.reserve(later, seconds{9}), milliseconds{0});
  EXPECT_EQ(bucket.reserve(later, seconds{9}), milliseconds{500});
}

TEST(TokenBucket, ARefusedCallTakesNobodysTurn) {
  TokenBucket bucket({.per_second = 1, .burst = 1});
  EXPECT_EQ(bucket.reserve(kStart, seconds{0}), milliseconds{0});
  EXPECT_EQ(bucket.reserve(kStart, milliseconds{999}), std::nullopt);
  EXPECT_EQ(bucket.reserve(kStart, milliseconds{1000}), milliseconds{1000});
}

TEST(TokenBucket, OverAnyMinuteNoMoreThanBurstAndRefillGoThrough) {
  TokenBucket bucket({.per_second = 1, .burst = 4});
  int through = 0;
  for (auto now = kStart; now < kStart + minutes{1}; now += milliseconds{10}) {
    if (bucket.reserve(now, seconds{0})) ++through;
  }
  EXPECT_LE(through, 4 + 60);
  EXPECT_GE(through, 60);
}

}  // namespace
}  // namespace cb::io
