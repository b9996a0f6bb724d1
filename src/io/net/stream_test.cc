#include "io/net/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <utility>

namespace cb::io {
namespace {

using Outcome = Stream::Outcome;

struct Pair {
  Pair() {
    std::array<int, 2> fds;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    near = Stream(UniqueFd(fds[0]));
    far = Stream(UniqueFd(fds[1]));
  }
  Stream near{UniqueFd()};
  Stream far{UniqueFd()};
};

std::string read(Stream& stream) {
  std::array<char, 64> bytes;
  const auto got = stream.read(bytes);
  return got.outcome == Outcome::kDone ? std::string(bytes.data(), got.bytes) : std::string();
}

TEST(Stream, BytesComeThroughAndSilenceIsLater) {
  Pair pair;
  std::array<char, 8> bytes;
  EXPECT_EQ(pair.near.read(bytes).outcome, Outcome::kLater);
  EXPECT_EQ(pair.far.write("PING", false).bytes, 4U);
  EXPECT_EQ(read(pair.near), "PING");
}

TEST(Stream, AnEndLeavesTheOtherDirectionOpen) {
  Pair pair;
  pair.far.write("last", true);
  pair.far.shut();
  EXPECT_EQ(read(pair.near), "last");
  std::array<char, 8> bytes;
  EXPECT_EQ(pair.near.read(bytes).outcome, Outcome::kEnd);
  EXPECT_EQ(pair.near.write("answer", false).outcome, Outcome::kDone);
  EXPECT_EQ(read(pair.far), "answer");
}

TEST(Stream, AFullSocketIsLaterAndAGoneReaderIsBroken) {
  Pair pair;
  const std::string piece(64 * 1024, 'x');
  Stream::Result result{Outcome::kDone};
  for (int i = 0; i < 1000 && result.outcome == Outcome::kDone; ++i) {
    result = pair.near.write(piece, false);
  }
  EXPECT_EQ(result.outcome, Outcome::kLater);
  pair.far = Stream(UniqueFd());
  EXPECT_EQ(pair.near.write("x", false).outcome, Outcome::kBroken) << "and no signal";
}

}  // namespace
}  // namespace cb::io
