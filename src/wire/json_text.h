#pragma once
// Writes JSON on one line, for the answers of the text protocol. Values come out in the order in
// which they are written; nothing is ever read back.

#include <concepts>
#include <string>
#include <string_view>

namespace cb::wire {

class JsonText {
 public:
  JsonText& begin_object() { return open('{'); }
  JsonText& end_object() { return close('}'); }
  JsonText& begin_array() { return open('['); }
  JsonText& end_array() { return close(']'); }

  // The name of the next value; within an object only.
  JsonText& key(std::string_view name);
  // Control characters are escaped; what is not UTF-8 becomes U+FFFD, byte by byte.
  JsonText& string(std::string_view text);
  template <std::integral Number>
  JsonText& number(Number value) {
    return raw(std::to_string(value));
  }
  JsonText& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonText& null() { return raw("null"); }

  std::string take() { return std::move(out_); }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& raw(std::string_view value);
  void separate();

  std::string out_;
  bool comma_ = false;  // something stands before, on this level
};

}  // namespace cb::wire
