#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/ids.h"
#include "base/money.h"
#include "base/result.h"
#include "base/text.h"
#include "base/time.h"

namespace cb {
namespace {

TEST(Time, DurationNeedsAUnitAndReadsBackWhatItWrote) {
  EXPECT_EQ(parse_duration("15m"), Duration{900'000});
  EXPECT_EQ(parse_duration("1h30m"), Duration{5'400'000});
  EXPECT_EQ(parse_duration("250ms"), Duration{250});
  EXPECT_EQ(parse_duration("0s"), Duration{0});
  for (const char* bad : {"", "15", "m", "1m1m", "1m1h", "-1s", "1.5h", "9999999999999h", "1 m"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
  for (const std::int64_t ms : {0, 1, 999, 1000, 61'000, 900'000, 5'400'250, 86'400'000}) {
    EXPECT_EQ(parse_duration(to_string(Duration{ms})), Duration{ms});
  }
}

TEST(Time, Iso8601ReadsBackWhatItWrote) {
  const WallTime t{Duration{1'795'428'000'250}};
  EXPECT_EQ(iso8601_ms(t), "2026-11-23T10:00:00.250Z");
  EXPECT_EQ(iso8601(t), "2026-11-23T10:00:00Z");
  EXPECT_EQ(parse_iso8601(iso8601_ms(t)), t);
  EXPECT_EQ(iso8601_ms(WallTime{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601_ms(*parse_iso8601("9999-12-31T23:59:59Z") + Duration{7}),
            "9999-12-31T23:59:59.007Z");
  for (const char* bad : {"", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T10:00:00+01:00",
                          "2026-11-23T25:00:00Z", "2026-11-23T10:00:00.2Z"}) {
    EXPECT_FALSE(parse_iso8601(bad)) << bad;
  }
}

TEST(Text, Utf8RefusesOverlongAndSurrogates) {
  EXPECT_TRUE(is_utf8("GET_WORKER \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* bad : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, WordsDropBlanksAtBothEnds) {
  EXPECT_EQ(words("  PING \t 10.0.0.1\r"), (std::vector<std::string_view>{"PING", "10.0.0.1"}));
  EXPECT_TRUE(words(" \t").empty());
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_FALSE(parse_int("12x"));
  EXPECT_EQ(parse_int("-12"), -12);
}

TEST(Money, ASecondOfAWorkerIsExact) {
  EXPECT_EQ(cost({1'200'000}, seconds{900}), (Money{300'000}));
  EXPECT_EQ(to_string(Money{300'000}), "$0.3000");
  EXPECT_EQ(to_string(cost({1}, seconds{1})), "$0.0000");
}

TEST(Result, AnErrorHasNoValue) {
  const Result<int> none = Error{"no disk"};
  EXPECT_FALSE(none);
  EXPECT_THROW(static_cast<void>(*none), CheckFailed);
}

TEST(Base64, ReadsBackWhatItWroteAlsoInLines) {
  std::string bytes;
  for (int n = 0; n < 300; ++n) {
    EXPECT_EQ(base64_decoded(base64(bytes)), bytes);
    EXPECT_EQ(base64_decoded(base64_lines(bytes)), bytes);
    bytes += static_cast<char>(n * 7);
  }
  EXPECT_EQ(base64_lines(std::string(58, 'x')).find('\n'), 76U);
}

TEST(Base64, WhatIsNoneIsRefused) {
  for (const char* bad : {"A", "AAAAA", "AA=A", "AAA", "A===", "AA==AAAA", "AA-_", "AAAA===="}) {
    EXPECT_FALSE(base64_decoded(bad)) << bad;
  }
  EXPECT_EQ(base64_decoded("Zm9v\r\n Zg==\n"), "foof");
}

TEST(LeaseIds, ReadBackAsTheyAreWritten) {
  for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{31}, std::uint64_t{1} << 60,
                                    std::uint64_t{12'345'678'901'234}, ~std::uint64_t{0}}) {
    const std::string text = to_text(LeaseId{value});
    EXPECT_EQ(text.size(), 13U);
    EXPECT_EQ(parse_lease_id(text), LeaseId{value}) << text;
  }
}

TEST(LeaseIds, WhatIsNoneIsRefused) {
  for (const char* bad : {"", "a", "aaaaaaaaaaaaa", "k3x2q2mwa7bd", "k3x2q2mwa7bdff",
                          "K3x2q2mwa7bdf", "k3x1q2mwa7bdf", "q3x2q2mwa7bdf", "k3x2q2mwa7bd "}) {
    EXPECT_FALSE(parse_lease_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace cb
