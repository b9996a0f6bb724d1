#include "wire/gzip.h"

#include <gtest/gtest.h>

namespace cb::wire {
namespace {

TEST(Gzip, ReadsBackWhatItWrote) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    const std::string packed = gzip(text);
    EXPECT_TRUE(is_gzip(packed));
    EXPECT_EQ(*gunzip(packed, 100'000), text);
  }
}

TEST(Gzip, WhatIsDamagedOrTooLongIsRefused) {
  const std::string packed = gzip("hello hello hello");
  EXPECT_FALSE(gunzip(packed.substr(0, packed.size() - 1), 1000));
  EXPECT_FALSE(gunzip(packed + "x", 1000));
  EXPECT_FALSE(gunzip("\x1f\x8b nonsense", 1000));
  EXPECT_FALSE(gunzip(gzip(std::string(10'000'000, 'x')), 1000));
  EXPECT_FALSE(is_gzip("#!/bin/sh"));
}

TEST(Gzip, OnlyUserDataThatEc2WouldNotTakeIsCompressed) {
  const std::string fits(kUserDataMax, 'x');
  EXPECT_EQ(fitting_user_data(fits), fits);
  EXPECT_EQ(*gunzip(fitting_user_data(fits + 'x'), 20'000), fits + 'x');
}

}  // namespace
}  // namespace cb::wire
