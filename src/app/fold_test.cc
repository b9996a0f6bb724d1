#include "app/fold.h"

#include <gtest/gtest.h>

namespace cb::app {
namespace {

TEST(Fold, LinesBreakBetweenWordsAndGoOnBelowTheSecondColumn) {
  EXPECT_EQ(folded("one two three four five six", 20), "one two three four\nfive six");
  EXPECT_EQ(folded("  --all  shows what there is, all of it", 30),
            "  --all  shows what there is,\n         all of it");
  EXPECT_EQ(folded("short\n\nlines", 20), "short\n\nlines");
}

TEST(Fold, AWordThatIsLongerThanTheLineStaysWhole) {
  EXPECT_EQ(folded("/a/very/long/path/of/a/file and more", 20),
            "/a/very/long/path/of/a/file\nand more");
}

TEST(Fold, WhatIsFoldedMayHaveItsOwnBeginning) {
  EXPECT_EQ(folded("# one two three four five", 20, "#   "), "# one two three four\n#   five");
}

TEST(Fold, WithoutATerminalNothingIsFolded) {
  EXPECT_EQ(folded("one two three four five six seven", 0), "one two three four five six seven");
}

}  // namespace
}  // namespace cb::app
