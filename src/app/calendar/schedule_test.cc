#include "app/calendar/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/calendar/warm_calendar.h"
#include "base/text.h"

namespace cb::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

WallTime at(std::string_view text) {
  return *parse_iso8601(text);
}

// "2026-03-02T13:00:00Z to 2026-03-02T23:00:00Z"
std::vector<std::string> windows(const std::string& text, std::string_view from,
                                 std::string_view until) {
  const auto schedule = Schedule::parse(text);
  EXPECT_TRUE(schedule) << schedule.error().what;
  std::vector<std::string> out;
  for (const Window& window : schedule->windows(at(from), at(until))) {
    out.push_back(str(iso8601(window.from), " to ", iso8601(window.until)));
  }
  return out;
}

std::string fault(const std::string& text) {
  const auto schedule = Schedule::parse(text);
  return schedule ? "" : schedule.error().what;
}

TEST(Schedule, TheHoursAreThoseOfTheClockOnTheWall) {
  EXPECT_THAT(windows("Mon-Fri 08:00-18:00 America/New_York", "2026-01-09T00:00:00Z",
                      "2026-01-13T00:00:00Z"),
              ElementsAre("2026-01-09T13:00:00Z to 2026-01-09T23:00:00Z",
                          "2026-01-12T13:00:00Z to 2026-01-12T23:00:00Z"));
  EXPECT_THAT(windows("Mon-Fri 08:00-18:00 America/New_York", "2026-07-06T00:00:00Z",
                      "2026-07-07T00:00:00Z"),
              ElementsAre("2026-07-06T12:00:00Z to 2026-07-06T22:00:00Z"));
}

TEST(Schedule, WhatHasBegunAndNotEndedIsThere) {
  EXPECT_THAT(windows("* 08:00-18:00 UTC", "2026-01-09T12:00:00Z", "2026-01-09T12:00:01Z"),
              ElementsAre("2026-01-09T08:00:00Z to 2026-01-09T18:00:00Z"));
  EXPECT_THAT(windows("* 08:00-18:00 UTC", "2026-01-09T18:00:00Z", "2026-01-10T08:00:00Z"),
              IsEmpty());
}

TEST(Schedule, AWindowOverMidnightBelongsToTheDayOnWhichItBegins) {
  EXPECT_THAT(windows("Fri 22:00-06:00 UTC", "2026-01-08T00:00:00Z", "2026-01-12T00:00:00Z"),
              ElementsAre("2026-01-09T22:00:00Z to 2026-01-10T06:00:00Z"));
}

TEST(Schedule, ARangeOfWeekdaysMayGoOverTheWeekend) {
  EXPECT_THAT(
      windows("Sat-Mon,wed 00:00-24:00 UTC", "2026-01-08T00:00:00Z", "2026-01-15T00:00:00Z"),
      ElementsAre("2026-01-10T00:00:00Z to 2026-01-11T00:00:00Z",
                  "2026-01-11T00:00:00Z to 2026-01-12T00:00:00Z",
                  "2026-01-12T00:00:00Z to 2026-01-13T00:00:00Z",
                  "2026-01-14T00:00:00Z to 2026-01-15T00:00:00Z"));
}

TEST(Schedule, DatesAndRangesOfThemAreDaysToo) {
  EXPECT_THAT(windows("2026-12-25,2026-12-31..2027-01-01 09:00-10:00 UTC", "2026-12-01T00:00:00Z",
                      "2027-02-01T00:00:00Z"),
              ElementsAre("2026-12-25T09:00:00Z to 2026-12-25T10:00:00Z",
                          "2026-12-31T09:00:00Z to 2026-12-31T10:00:00Z",
                          "2027-01-01T09:00:00Z to 2027-01-01T10:00:00Z"));
}

// New York sets its clock forward on 2026-03-08, from 02:00 to 03:00, which is 07:00 UTC.
TEST(Schedule, InTheSpringATimeThatTheClockSkipsIsTheMomentOfTheSkip) {
  const auto in_spring = [](const std::string& hours) {
    return windows(str("Sun ", hours, " America/New_York"), "2026-03-08T00:00:00Z",
                   "2026-03-09T04:00:00Z");
  };
  EXPECT_THAT(in_spring("02:30-04:00"),
              ElementsAre("2026-03-08T07:00:00Z to 2026-03-08T08:00:00Z"));
  EXPECT_THAT(in_spring("01:00-02:30"),
              ElementsAre("2026-03-08T06:00:00Z to 2026-03-08T07:00:00Z"));
  EXPECT_THAT(in_spring("02:10-02:50"), IsEmpty());
  EXPECT_THAT(in_spring("02:00-03:00"), IsEmpty());
  EXPECT_THAT(in_spring("00:00-24:00"),
              ElementsAre("2026-03-08T05:00:00Z to 2026-03-09T04:00:00Z"));
}

// And back on 2026-11-01, from 02:00 to 01:00, which is 06:00 UTC.
TEST(Schedule, InTheAutumnATimeThatComesTwiceBeginsWithTheFirstAndEndsWithTheSecond) {
  const auto in_autumn = [](const std::string& hours) {
    return windows(str("Sun ", hours, " America/New_York"), "2026-11-01T04:00:00Z",
                   "2026-11-02T05:00:00Z");
  };
  EXPECT_THAT(in_autumn("01:30-03:00"),
              ElementsAre("2026-11-01T05:30:00Z to 2026-11-01T08:00:00Z"));
  EXPECT_THAT(in_autumn("00:30-01:30"),
              ElementsAre("2026-11-01T04:30:00Z to 2026-11-01T06:30:00Z"));
  EXPECT_THAT(in_autumn("00:00-24:00"),
              ElementsAre("2026-11-01T04:00:00Z to 2026-11-02T05:00:00Z"));
}

TEST(Schedule, ANightOverTheChangeHasTheHoursThatItsClockSays) {
  EXPECT_THAT(
      windows("Sat 22:00-06:00 America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z"),
      ElementsAre("2026-03-08T03:00:00Z to 2026-03-08T10:00:00Z"));  // 7 h
  EXPECT_THAT(
      windows("Sat 22:00-06:00 America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z"),
      ElementsAre("2026-11-01T02:00:00Z to 2026-11-01T11:00:00Z"));  // 9 h
}

TEST(Schedule, ZonesMayBeOffByHalvesAndQuartersOfAnHourAndByMoreThanADay) {
  EXPECT_THAT(
      windows("* 09:00-10:00 Asia/Kathmandu", "2026-01-09T00:00:00Z", "2026-01-09T06:00:00Z"),
      ElementsAre("2026-01-09T03:15:00Z to 2026-01-09T04:15:00Z"));
  EXPECT_THAT(
      windows("* 09:00-10:00 Pacific/Kiritimati", "2026-01-08T18:00:00Z", "2026-01-09T00:00:00Z"),
      ElementsAre("2026-01-08T19:00:00Z to 2026-01-08T20:00:00Z"));
  // Set back by half an hour at 02:00 on 2026-04-05, which is 15:00 UTC of the day before.
  EXPECT_THAT(windows("Sun 01:00-03:00 Australia/Lord_Howe", "2026-04-04T12:00:00Z",
                      "2026-04-05T00:00:00Z"),
              ElementsAre("2026-04-04T14:00:00Z to 2026-04-04T16:30:00Z"));
}

// A database that keeps only the rule for years to come would be read wrongly by a library that
// does not know such rules.
TEST(Schedule, TheYearsToComeAreKnown) {
  EXPECT_THAT(
      windows("* 08:00-09:00 Europe/Berlin", "2035-07-02T00:00:00Z", "2035-07-03T00:00:00Z"),
      ElementsAre("2035-07-02T06:00:00Z to 2035-07-02T07:00:00Z"));
}

TEST(Schedule, AFaultSaysWhatIsWantedInThePlaceOfWhat) {
  EXPECT_EQ(fault("Mon-Fri 08:00-18:00"),
            "schedule \"Mon-Fri 08:00-18:00\": write DAYS HH:MM-HH:MM ZONE, such as \"Mon-Fri "
            "08:00-18:00 America/New_York\"");
  EXPECT_THAT(fault("Mon-Fri 08:00-18:00 America/New_Yrok"),
              HasSubstr("there is no time zone \"America/New_Yrok\" in /usr/share/zoneinfo"));
  EXPECT_THAT(fault("Mo-Fri 08:00-18:00 UTC"), HasSubstr("\"Mo-Fri\" is no day: write *, or"));
  EXPECT_THAT(fault("Mon-Fri,2026-02-30 08:00-18:00 UTC"), HasSubstr("\"2026-02-30\" is no day"));
  EXPECT_THAT(fault("2026-12-25..2026-12-24 08:00-18:00 UTC"), HasSubstr("ends before it begins"));
  EXPECT_THAT(fault("* 08:00-08:00 UTC"),
              HasSubstr("the window 08:00-08:00 is empty: write 00:00-24:00 for a whole day"));
}

TEST(Schedule, HoursAreWrittenInFull) {
  for (const char* hours :
       {"8-18", "8:00-18:00", "08:00", "08:00-24:01", "24:00-08:00", "08:60-09:00", "-",
        "08:00-18:00-19:00", "08.00-18.00", "+8:00-18:00"}) {
    EXPECT_THAT(fault(str("* ", hours, " UTC")), HasSubstr("is no window: write hours")) << hours;
  }
  for (const char* days : {"", ",", "Mon-", "-Fri", "Mon-Tue-Wed", "Mon Tue", "**", "Mon,*"}) {
    EXPECT_NE(fault(str(days, " 08:00-18:00 UTC")), "") << days;
  }
}

TEST(Schedule, OnlyZonesAreZones) {
  for (const char* zone : {"EST5EDT4", "../../etc/passwd", "/etc/localtime", "Mars/Olympus", ".",
                           "", "America", "zone.tab", "leapseconds", "tzdata.zi"}) {
    EXPECT_NE(fault(str("* 08:00-18:00 ", zone)), "") << zone;
  }
}

TEST(WarmCalendar, WindowsStandInTheOrderOfTheirRules) {
  const std::map<PoolName, WarmRules> rules{
      {PoolName{"a"}, {{"* 08:00-10:00 UTC", 2}, {"2026-01-09 00:00-24:00 UTC", 0}}},
      {PoolName{"b"}, {}}};
  const auto windows = warm_windows(rules, at("2026-01-09T00:00:00Z"), at("2026-01-10T10:00:00Z"));
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_THAT(windows.at(PoolName{"a"}),
              ElementsAre(core::WarmWindow{at("2026-01-09T08:00:00Z"), at("2026-01-09T10:00:00Z"),
                                           2, "* 08:00-10:00 UTC"},
                          core::WarmWindow{at("2026-01-10T08:00:00Z"), at("2026-01-10T10:00:00Z"),
                                           2, "* 08:00-10:00 UTC"},
                          core::WarmWindow{at("2026-01-09T00:00:00Z"), at("2026-01-10T00:00:00Z"),
                                           0, "2026-01-09 00:00-24:00 UTC"}));
}

TEST(WarmCalendar, AnHourIsCountedByTheLastRuleThatHoldsInIt) {
  const WallTime from = at("2026-01-01T00:00:00Z");
  EXPECT_THAT(hours_in_a_month({{"* 00:00-24:00 UTC", 1}}, from), ElementsAre(730));
  EXPECT_THAT(hours_in_a_month({{"* 00:00-24:00 UTC", 2}, {"* 06:00-18:00 UTC", 4}}, from),
              ElementsAre(730, 1460));
  EXPECT_THAT(hours_in_a_month({{"* 00:00-24:00 UTC", 1}, {"* 00:00-24:00 UTC", 0}}, from),
              ElementsAre(0, 0));
}

}  // namespace
}  // namespace cb::app
