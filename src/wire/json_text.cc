#include "wire/json_text.h"

#include <algorithm>

#include "base/text.h"

namespace cb::wire {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
    out += c;
  } else {
    out += str("\\u00", hex(std::string_view(&c, 1)));
  }
}

// The length of the character at the start of `text`; 0 when it is not UTF-8.
std::size_t character(std::string_view text) {
  for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

JsonText& JsonText::key(std::string_view name) {
  string(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonText& JsonText::string(std::string_view text) {
  separate();
  out_ += '"';
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 1) {
      append_escaped(out_, text.front());
    } else {
      out_ += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out_ += '"';
  comma_ = true;
  return *this;
}

JsonText& JsonText::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonText& JsonText::raw(std::string_view value) {
  separate();
  out_ += value;
  comma_ = true;
  return *this;
}

void JsonText::separate() {
  if (comma_) out_ += ',';
}

}  // namespace cb::wire
