#include "wire/json_text.h"

#include <gtest/gtest.h>

namespace cb::wire {
namespace {

std::string quoted(std::string_view text) {
  return JsonText().string(text).take();
}

TEST(JsonText, CommasStandBetweenValuesOnly) {
  JsonText json;
  json.begin_array();
  json.begin_object().key("a").number(1).key("b").null().end_object();
  json.begin_object().end_object();
  json.begin_array().number(-2).string("x").end_array();
  json.end_array();
  EXPECT_EQ(json.take(), R"([{"a":1,"b":null},{},[-2,"x"]])");
}

TEST(JsonText, QuotesBackslashesAndControlCharactersAreEscaped) {
  EXPECT_EQ(quoted("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonText, Utf8PassesAndAnythingElseBecomesTheReplacementCharacter) {
  EXPECT_EQ(quoted("Zürich 日本 😀"), "\"Zürich 日本 😀\"");
  EXPECT_EQ(quoted("a\xff"
                   "b\xc3"),
            "\"a\xef\xbf\xbd"
            "b\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace cb::wire
