#include "wire/dserv_frame.h"

#include <gtest/gtest.h>

namespace cb::wire {
namespace {

TEST(DservFrame, HeaderIsTheBigEndianLength) {
  EXPECT_EQ(encode_dserv_frame("expr 6*7"), std::string("\0\0\0\x08"
                                                        "expr 6*7",
                                                        12));
  EXPECT_EQ(encode_dserv_frame(std::string(0x010203, 'x')).substr(0, 4),
            std::string("\0\1\2\3", 4));
}

TEST(DservFrame, FramesAreFoundHoweverTheBytesAreCut) {
  const std::string stream =
      encode_dserv_frame("one") + encode_dserv_frame("") + encode_dserv_frame("three");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    DservFrames frames;
    std::string seen;
    for (const auto& piece : {stream.substr(0, cut), stream.substr(cut)}) {
      frames.feed(piece);
      while (const auto body = frames.next()) seen += "[" + *body + "]";
    }
    EXPECT_EQ(seen, "[one][][three]") << "cut at " << cut;
    EXPECT_TRUE(frames.empty());
  }
}

TEST(DservFrame, AnUnfinishedFrameIsNoFrame) {
  DservFrames frames;
  frames.feed(encode_dserv_frame("42").substr(0, 5));
  EXPECT_FALSE(frames.next());
  EXPECT_FALSE(frames.empty());
  EXPECT_FALSE(frames.broken());
}

TEST(DservFrame, TextSentByMistakeBreaksTheStreamInsteadOfFillingMemory) {
  DservFrames frames;
  frames.feed("STATUS\n");
  EXPECT_FALSE(frames.next());
  EXPECT_TRUE(frames.broken());
  frames.feed(encode_dserv_frame("42"));
  EXPECT_FALSE(frames.next());
  EXPECT_TRUE(frames.empty());
}

TEST(DservFrame, TheLargestAllowedBodyPassesAndOneByteMoreDoesNot) {
  DservFrames frames(8);
  frames.feed(encode_dserv_frame("12345678"));
  EXPECT_EQ(frames.next(), "12345678");
  frames.feed(encode_dserv_frame("123456789"));
  EXPECT_FALSE(frames.next());
  EXPECT_TRUE(frames.broken());
}

}  // namespace
}  // namespace cb::wire
