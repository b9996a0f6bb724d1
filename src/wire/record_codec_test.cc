#include "wire/record_codec.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "base/text.h"
#include "wire/record_fields.h"

namespace cb::wire {
namespace {

// Texts that a cloud, a tag or a configuration might hold to break a line format.
std::vector<std::string> hostile_texts() {
  std::string all_bytes;
  for (int c = 0; c < 256; ++c) all_bytes += static_cast<char>(c);
  return {"",
          "=",
          "a=b\nzone=evil\n",
          "\n",
          "\\n",
          "\\",
          "\\x0a",
          "\r\n",
          "\x7f",
          std::string(1, '\0'),
          "Zürich €",
          "\xff\xfe",
          "\xc3",
          all_bytes,
          "' ; DROP TABLE records; --",
          std::string(100'000, 'x'),
          " blank ",
          "-"};
}

core::AttemptRecord attempt(const std::string& text) {
  core::AttemptRecord r;
  r.token.value = "t" + text;
  r.pool.value = r.account = r.region = r.type = r.image = r.request = text;
  r.market = core::Market::kOnDemand;
  r.begun = Instant{milliseconds{-12'345}};
  r.begun_wall = WallTime{milliseconds{1'790'000'000'123}};
  r.doomed = true;
  r.serving = core::Serving{core::AddressKind::kPrivate, 65'535, core::ReadyCheck::kTcp,
                            milliseconds{1}, hours{24}};
  return r;
}

core::WorkerRecord worker(const std::string& text) {
  core::WorkerRecord r;
  r.id.value = "i" + text;
  r.pool.value = r.token.value = r.account = r.region = r.type = r.image = text;
  r.zone = r.address = r.end_reason = text;
  r.phase = core::WorkerPhase::kTerminating;
  r.begun = Instant{hours{1'000'000}};
  r.launched = WallTime{seconds{1}};
  r.boot = milliseconds{25'001};
  r.last_used = Instant{milliseconds{1}};
  r.asked_image = text;
  r.serving = core::Serving{};
  return r;
}

core::BrokerRecord broker(const std::string& text) {
  return {.nonce = text, .next_attempt = ~0ULL, .account = text, .region = text};
}

void expect_round_trip(const core::Change& change) {
  const auto row = encode_record(change);
  ASSERT_TRUE(row && row->body);
  EXPECT_TRUE(is_utf8(*row->body));
  EXPECT_EQ(row->key.find('\n'), std::string::npos);
  const auto back = decode_record(row->kind, row->key, *row->body);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(*back == change) << *row->body;
}

TEST(RecordCodec, EveryKindComesBackAsItWasWhateverItsTextsHold) {
  for (const std::string& text : hostile_texts()) {
    expect_round_trip(attempt(text));
    expect_round_trip(worker(text));
    expect_round_trip(broker(text));
    expect_round_trip(core::LaunchStamp{{"t" + text}, Instant{seconds{7}}});
    expect_round_trip(core::ClosedAttempt{{"t" + text}, {text}, Instant{seconds{7}}, text});
    expect_round_trip(core::LeaseRecord{{~0ULL}, {text}, text, Instant{seconds{7}}, {}});
    expect_round_trip(core::LeaseRecord{{7}, {text}, text, Instant{}, Instant{}, 10'000, true});
  }
}

TEST(RecordCodec, WhatIsUnsetStaysUnset) {
  core::WorkerRecord r = worker("x");
  r.launched.reset();
  r.boot.reset();
  expect_round_trip(r);
  r.launched = WallTime{};
  expect_round_trip(r);
}

TEST(RecordCodec, ARecordReadsAsLinesForAPerson) {
  core::WorkerRecord r;
  r.id.value = "i-0abc";
  r.pool.value = "default";
  r.token.value = "cb-n0nce-1";
  r.account = "123456789012";
  r.region = "us-east-1";
  r.type = "c7i.16xlarge";
  r.image = "ami-1";
  r.zone = "us-east-1b";
  r.address = "198.51.100.7";
  r.phase = core::WorkerPhase::kReady;
  r.begun = r.last_used = Instant{milliseconds{5000}};
  r.launched = *parse_iso8601("2026-11-23T10:00:00Z");
  r.asked_image = "resolve:ssm:/x";
  r.serving = core::Serving{};
  const auto row = encode_record(r);
  EXPECT_EQ(row->kind, "worker");
  EXPECT_EQ(row->key, "i-0abc");
  EXPECT_EQ(*row->body,
            "pool=default\ntoken=cb-n0nce-1\naccount=123456789012\nregion=us-east-1\nmarket=spot\n"
            "type=c7i.16xlarge\nimage=ami-1\nzone=us-east-1b\naddress=198.51.100.7\nphase=ready\n"
            "begun_ms=5000\nlaunched=2026-11-23T10:00:00.000Z\nlast_used_ms=5000\nend_reason=\n"
            "asked_image=resolve:ssm:/x\nserving=public 2560 dserv 180000 900000\n");
}

TEST(RecordCodec, ARecordOfAnOlderJournalLacksNewFieldsAndIsRead) {
  const auto old = decode_record(
      "worker", "i-1",
      "pool=default\ntoken=t\naccount=1\nregion=us-east-1\nmarket=spot\ntype=c\nimage=ami-1\n"
      "zone=z\naddress=\nphase=ready\nbegun_ms=5\nlast_used_ms=5\nend_reason=\n");
  ASSERT_TRUE(old) << old.error().what;
  EXPECT_EQ(std::get<core::WorkerRecord>(*old).asked_image, "");
  EXPECT_FALSE(std::get<core::WorkerRecord>(*old).serving);
  EXPECT_TRUE(decode_record("closed", "t", "pool=default\nat_ms=7\n"));
  EXPECT_FALSE(decode_record("worker", "i-1", "serving=public 0 dserv 1 1\n"));
}

TEST(RecordCodec, ADropNamesItsRowAndHasNoBody) {
  const std::vector<std::pair<core::Change, std::string_view>> drops{
      {core::DropAttempt{{"a\nb"}}, "attempt"},
      {core::DropWorker{{"a\nb"}}, "worker"},
      {core::DropLaunchStamp{{"a\nb"}}, "launch"},
      {core::DropClosedAttempt{{"a\nb"}}, "closed"}};
  for (const auto& [drop, kind] : drops) {
    EXPECT_EQ(encode_record(drop), (RecordRow{kind, "a\\nb", {}}));
  }
}

TEST(RecordCodec, ALedgerLineHasColumnsInsteadOfARecord) {
  EXPECT_EQ(encode_record(core::LedgerRecord{}), std::nullopt);
}

TEST(RecordCodec, ACalendarBeyondFourDigitsIsHeldAtTheLastOfThem) {
  core::AttemptRecord r = attempt("x");
  r.begun_wall = WallTime{hours{24 * 366 * 20'000}};
  const auto row = encode_record(r);
  const auto back = decode_record(row->kind, row->key, *row->body);
  ASSERT_TRUE(back);
  EXPECT_EQ(iso8601_ms(std::get<core::AttemptRecord>(*back).begun_wall),
            "9999-12-31T23:59:59.999Z");
}

std::string why_not(std::string_view kind, std::string_view key, std::string_view body) {
  const auto change = decode_record(kind, key, body);
  return change ? "" : change.error().what;
}

TEST(RecordCodec, WhatIsNotARecordIsRefusedWithItsField) {
  EXPECT_EQ(why_not("launch", "t", "at_ms=1\n"), "");
  EXPECT_EQ(why_not("lunch", "t", "at_ms=1\n"), "record lunch t is of no known kind");
  EXPECT_EQ(why_not("broker", "t", "at_ms=1\n"), "record broker t is of no known kind");
  EXPECT_EQ(why_not("launch", "\\q", "at_ms=1\n"), "a record's key cannot be read: \\\\q");
  const std::string at = "record launch t cannot be read: ";
  EXPECT_EQ(why_not("launch", "t", ""), at + "\"at_ms\" is missing");
  EXPECT_EQ(why_not("launch", "t", "at_ms=1\nat_ms=1\n"), at + "\"at_ms\" is not known");
  EXPECT_EQ(why_not("launch", "t", "at_ms=1\nzone=b\n"), at + "\"zone\" is not known");
  EXPECT_EQ(why_not("launch", "t", "at_ms=\n"), at + "\"at_ms\" has no readable value");
  EXPECT_EQ(why_not("launch", "t", "at_ms=1e3\n"), at + "\"at_ms\" has no readable value");
  EXPECT_EQ(why_not("launch", "t", "at_ms=1"), at + "a line is not name=value");
  EXPECT_EQ(why_not("launch", "t", "at_ms=1\n\n"), at + "a line is not name=value");
  EXPECT_EQ(why_not("launch", "t", "at_ms=9223372036854775807\n"),
            at + "\"at_ms\" has no readable value");
  EXPECT_EQ(why_not("closed", "t", "at_ms=1\npool=p\n"),
            "record closed t cannot be read: \"pool\" is missing");
}

TEST(RecordCodec, TwoKeysNeverNameTheSameRecord) {
  EXPECT_EQ(why_not("launch", "A", "at_ms=1\n"), "");
  EXPECT_NE(why_not("launch", "\\x41", "at_ms=1\n"), "");
}

// Changed, cut and spliced records: refused or read, and what is read can be written again.
TEST(RecordCodec, AnyBytesAreRefusedOrReadAsARecordThatCanBeWritten) {
  Prng prng{1};
  int read = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto row =
        encode_record(i % 2 == 0 ? core::Change{worker("a\n\x01")} : core::Change{attempt("\xff")});
    std::string body = *row->body;
    for (auto n = prng.below(4); n != 0; --n) {
      body[prng.below(body.size())] = static_cast<char>(prng.below(256));
    }
    if (prng.chance(30)) body.resize(prng.below(body.size()) + 1);
    const auto change = decode_record(row->kind, row->key, body);
    ++(change ? read : refused);
    if (change) expect_round_trip(*change);
  }
  EXPECT_GT(read, 1000);
  EXPECT_GT(refused, 1000);
}

TEST(RecordCodec, TheSumChangesWithEveryBitAndWithTheBorderOfItsParts) {
  const std::string body = "at_ms=1\n";
  const auto sum = record_sum("launch", "t", body);
  for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
    std::string other = body;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(record_sum("launch", "t", other), sum);
  }
  EXPECT_NE(record_sum("launc", "ht", body), sum);
  EXPECT_NE(record_sum("launch", "ta", body.substr(1)), sum);
}

TEST(RecordFields, WhatEscapesIsReadBackAndNothingElseIs) {
  EXPECT_EQ(escape_field("a\\b\nc\x01"), "a\\\\b\\nc\\x01");
  EXPECT_EQ(escape_field("\xc3\xbc"), "\xc3\xbc");
  EXPECT_EQ(escape_field("\xc3"), "\\xc3");
  for (const char* bad : {"\\", "\\q", "\\x", "\\x0", "\\x0G", "\\xAB", "a\nb", "\x7f"}) {
    EXPECT_EQ(unescape_field(bad), std::nullopt) << bad;
  }
}

// The names of a record's fields, those that may be absent included.
std::string names_of(const core::Change& change) {
  const std::string body = *encode_record(change)->body;
  std::string out;
  for (const std::string_view line : split(body, '\n')) {
    if (!line.empty()) out += str(out.empty() ? "" : " ", line.substr(0, line.find('=')));
  }
  return out;
}

// A field more, less or elsewhere: raise kRecordFormat, add its step to
// io/store/sqlite_store_upgrade.cc and a journal of the former format to tests/journals, and only
// then change this test.
TEST(RecordCodec, AnotherFieldNeedsAnotherFormat) {
  ASSERT_EQ(kRecordFormat, 6);
  core::WorkerRecord full = worker("x");
  full.former_owner = "y";
  full.doubted = Instant{};
  full.subnet = "z";
  EXPECT_EQ(names_of(full),
            "pool token account region market type image zone address phase begun_ms launched "
            "boot_ms last_used_ms end_reason former_owner doubted_ms asked_image subnet serving");
  core::AttemptRecord launch = attempt("x");
  launch.subnet = "s";
  launch.last_call = Instant{};
  EXPECT_EQ(names_of(launch),
            "pool account region market type image request begun_ms begun outcome_unknown doomed "
            "mismatch subnet last_call_ms serving");
  EXPECT_EQ(names_of(core::ClosedAttempt{{"t"}, {"p"}, {}, "i", "s", true, "r"}),
            "pool at_ms image subnet doomed region");
  EXPECT_EQ(names_of(core::LaunchStamp{{"t"}, {}}), "at_ms");
  EXPECT_EQ(names_of(core::LeaseRecord{{7}, {"i"}, "c", {}, Instant{}, 16, true}),
            "worker client since_ms held_until_ms cores alone");
  core::BrokerRecord all_ended = broker("x");
  all_ended.terminated_all = WallTime{};
  EXPECT_EQ(names_of(all_ended), "nonce next_attempt account region terminated_all");
}

}  // namespace
}  // namespace cb::wire
