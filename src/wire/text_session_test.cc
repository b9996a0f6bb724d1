#include "wire/text_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/prng.h"
#include "base/text.h"

// Sentence by sentence the protocol is in tests/conformance; here is what holds for any bytes.
namespace cb::wire {
namespace {

using Phase = TextSession::Phase;

// A connection whose broker answers each request at once with its number in the stream.
class Conversation {
 public:
  explicit Conversation(const TextOptions& options) : session_(options, now_) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty() && session_.input_room() != 0) {
      const auto piece = bytes.substr(0, session_.input_room());
      bytes.remove_prefix(piece.size());
      serve(session_.received(piece, now_));
    }
  }
  void end_input() { serve(session_.input_ended(now_)); }
  void write_all() {
    while (!session_.output().empty() && session_.phase() != Phase::kClosed) {
      const std::string output(session_.output());
      said += output;
      serve(session_.wrote(output.size(), now_));
    }
  }
  const TextSession& session() const { return session_; }

  std::vector<std::size_t> kinds;  // of the requests, as indices of core::Request
  std::string said;

 private:
  void serve(TextSession::Asked asked) {
    while (asked) {
      kinds.push_back(asked->index());
      asked = session_.answered(core::WorkerAddress{str("n", kinds.size())}, now_);
    }
    write_all();
  }

  Instant now_{hours{1}};
  TextSession session_;
};

std::string random_line(Prng& random) {
  static const std::vector<std::string> lines{"GET_WORKER\n",
                                              "\n",
                                              "PING 198.51.100.7\r\n",
                                              "RELEASE 10.0.0.1 x\n",
                                              "STATUS\n",
                                              "LIST_ALL\n",
                                              "TERMINATE_ALL\n",
                                              "GET_WORKER wait=5 client=a\n",
                                              "nonsense é\n",
                                              "HELLO 2\n",
                                              "AUTH t\n",
                                              "GET_WORKER pool=x\n"};
  return lines[random.below(lines.size())];
}

TEST(TextSession, HoweverTheBytesAreCutTheConversationIsTheSame) {
  const TextOptions options;
  Prng random{7};
  for (int round = 0; round < 500; ++round) {
    std::string stream = "HELLO 2\n";
    for (int i = 0; i < 20; ++i) stream += random_line(random);
    Conversation whole(options);
    whole.feed(stream);
    Conversation cut(options);
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random.below(12);
      cut.feed(std::string_view(stream).substr(at, size));
      at += size;
    }
    ASSERT_EQ(cut.kinds, whole.kinds) << stream;
    ASSERT_EQ(cut.said, whole.said) << stream;
    ASSERT_EQ(std::count(whole.said.begin(), whole.said.end(), '\n'), 21) << whole.said;
  }
}

TEST(TextSession, AnyBytesAreAnsweredInWholePrintableLines) {
  TextOptions options;
  options.limits.input_max = 2048;
  Prng random{8};
  for (int round = 0; round < 2'000; ++round) {
    Conversation talk(options);
    if (random.chance(70)) talk.feed("HELLO 2\n");
    for (int i = 0; i < 30; ++i) {
      std::string bytes = random_line(random);
      if (random.chance(20)) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      if (random.chance(2)) bytes = std::string(random.below(5'000), 'x');
      talk.feed(bytes);
    }
    talk.end_input();
    ASSERT_EQ(talk.session().phase(), Phase::kClosed);
    ASSERT_TRUE(talk.said.empty() || talk.said.back() == '\n') << talk.said;
    const auto stray = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; };
    ASSERT_TRUE(std::none_of(talk.said.begin(), talk.said.end(), stray)) << talk.said;
  }
}

TEST(TextSession, WhoDoesNotReadHoldsOneAnswerBeyondTheLimitAndNoMore) {
  TextOptions options;
  options.limits.output_max = 100;
  TextSession session(options, Instant{});
  std::size_t asked = 0;
  auto request = session.received("HELLO 2\nSTATUS\nSTATUS\nSTATUS\n", Instant{});
  core::StatusRows rows;
  rows.rows.resize(1);
  for (; request; ++asked) request = session.answered(rows, Instant{});
  EXPECT_EQ(asked, 1U);
  EXPECT_LT(session.output().size(), 300U);
  EXPECT_EQ(session.input_room(), 0U);
  EXPECT_TRUE(session.wrote(session.output().size(), Instant{}));
}

TEST(TextSession, APipelineThatNeverRunsDryHoldsNoMoreThanItsLimits) {
  const TextOptions options;
  TextSession session(options, Instant{});
  ASSERT_FALSE(session.received("HELLO 2\n", Instant{}));
  ASSERT_TRUE(session.received("STATUS\nSTATUS\n", Instant{}));
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(session.answered(core::Ok{}, Instant{}));  // the next was there already
    ASSERT_FALSE(session.received("STATUS\n", Instant{}));
    if (session.output().size() < 2000) continue;
    ASSERT_FALSE(session.wrote(session.output().size() - 1, Instant{}));  // never all of it
  }
  EXPECT_LE(session.bytes_held(), 4 * (options.limits.input_max + options.limits.output_max));
}

TEST(TextSession, EachByteThatIsTakenBeginsTheStallAnew) {
  const TextOptions options;
  const Instant begin{hours{1}};
  TextSession session(options, Instant{});
  ASSERT_TRUE(session.received("STATUS\n", Instant{}));
  ASSERT_FALSE(session.answered(core::StatusRows{}, begin));
  EXPECT_EQ(session.deadline(), begin + seconds{30}) << "from the answer, not from the connection";
  ASSERT_FALSE(session.wrote(1, begin + seconds{29}));
  EXPECT_EQ(session.deadline(), begin + seconds{59});
  ASSERT_FALSE(session.time_passed(begin + seconds{59}));
  EXPECT_EQ(session.phase(), Phase::kClosed);
}

TEST(TextSession, ProgressIsLeftOutWhereNobodyReads) {
  const TextOptions options;
  TextSession session(options, Instant{});
  ASSERT_TRUE(session.received("HELLO 2\nGET_WORKER\n", Instant{}));
  for (int i = 0; i < 1'000; ++i) {
    session.told({core::Progress::Phase::kBooting, "booting i-0abc 12s"}, Instant{});
  }
  EXPECT_LT(session.output().size(), 5'000U);
}

TEST(TextSession, AWaitingCallerOfProtocolOneHasNoDeadlineAndIsNotRead) {
  const TextOptions options;
  TextSession session(options, Instant{});
  ASSERT_TRUE(session.received("GET_WORKER\n", Instant{}));
  EXPECT_EQ(session.deadline(), std::nullopt);
  EXPECT_EQ(session.input_room(), 0U);
}

TEST(TextSession, TimeThatHasNotComeChangesNothing) {
  const TextOptions options;
  TextSession session(options, Instant{});
  ASSERT_FALSE(session.received("PING 198.51.100.7", Instant{}));
  EXPECT_FALSE(session.time_passed(Instant{milliseconds{199}}));
  EXPECT_EQ(session.phase(), Phase::kReading);
  EXPECT_TRUE(session.time_passed(*session.deadline()));
}

TEST(TextSession, ARefusedConnectionIsToldAndLingersLikeAnyOther) {
  const TextOptions options;
  auto session = TextSession::refusing(options, Instant{}, "ERROR: too many connections");
  EXPECT_EQ(session.output(), "ERROR: too many connections\n");
  ASSERT_FALSE(session.wrote(session.output().size(), Instant{}));
  EXPECT_EQ(session.phase(), Phase::kLingering);
  EXPECT_EQ(session.deadline(), Instant{seconds{1}});
  ASSERT_FALSE(session.input_ended(Instant{}));
  EXPECT_EQ(session.phase(), Phase::kClosed);
}

TEST(TextSession, AnAnswerWithoutARequestIsOurMistake) {
  const TextOptions options;
  TextSession session(options, Instant{});
  EXPECT_THROW(static_cast<void>(session.answered(core::Ok{}, Instant{})), CheckFailed);
}

TEST(TextSession, AConnectionIsSmall) {
  EXPECT_LE(sizeof(TextSession), 256U);
}

}  // namespace
}  // namespace cb::wire
