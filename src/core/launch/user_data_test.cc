#include "core/launch/user_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace cb::core {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(UserData, ArmsThePowerOffTwiceAndKeepsTheLabsOwn) {
  EXPECT_THAT(user_data(hours{12}, ""), HasSubstr("shutdown -P +720"));
  const std::string both = user_data(minutes{90}, "#!/bin/sh\necho mine\n");
  EXPECT_THAT(both, HasSubstr("shutdown -P +90"));
  EXPECT_THAT(both, HasSubstr("(sleep 5400; systemctl poweroff"));
  EXPECT_THAT(both, HasSubstr(base64("#!/bin/sh\necho mine\n")));
  EXPECT_LT(both.find("cloud-boothook"), both.find("shutdown -P"));
  EXPECT_LT(both.find("shutdown -P"), both.find("filename=\"own\""));
}

TEST(UserData, PartsOfAMinuteAreRoundedUp) {
  EXPECT_THAT(user_data(seconds{61}, ""), HasSubstr("shutdown -P +2"));
  EXPECT_THAT(user_data(seconds{61}, ""), HasSubstr("(sleep 120;"));
}

TEST(UserData, WhatIsRefusedNeverCostsTheGuard) {
  const std::string alone = user_data(hours{1}, "");
  for (const char* bad : {"#include\nhttp://127.0.0.1/\n", "#cloud-config-archive\n- x\n", "hello",
                          "#!/bin/sh\n\xff\n"}) {
    EXPECT_FALSE(check_user_data(bad)) << bad;
    EXPECT_EQ(user_data(hours{1}, bad), alone) << bad;
  }
}

TEST(UserData, LettersOfEachPartStandBehindBase64) {
  const std::string own = "#cloud-config\n# gr\xc3\xbc\xc3\x9f\x65\n";
  const std::string all = user_data(hours{1}, own);
  EXPECT_THAT(all, Not(HasSubstr("\xc3")));
  EXPECT_THAT(all, HasSubstr(base64_lines(own)));
}

}  // namespace
}  // namespace cb::core
