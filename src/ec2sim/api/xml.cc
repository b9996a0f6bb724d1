#include "ec2sim/api/xml.h"

#include <algorithm>

namespace cb::ec2sim {
namespace {

// What stands for `c` in text; empty when it stands for itself.
std::string_view escape_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':
      return "&#13;";
    default:
      return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? "?" : "";
  }
}

void append_escaped(std::string& out, std::string_view text) {
  const auto special = [](char c) { return !escape_of(c).empty(); };
  if (std::ranges::none_of(text, special)) {  // nearly always
    out += text;
    return;
  }
  for (const char c : text) special(c) ? out.append(escape_of(c)) : out.append(1, c);
}

}  // namespace

Xml& Xml::open(std::string_view name, std::string_view attributes) {
  out_.append(1, '<').append(name).append(attributes).append(1, '>');
  return *this;
}

Xml& Xml::close(std::string_view name) {
  out_.append("</").append(name).append(1, '>');
  return *this;
}

Xml& Xml::leaf(std::string_view name, std::string_view text) {
  open(name);
  append_escaped(out_, text);
  return close(name);
}

Xml& Xml::given(std::string_view name, std::string_view text) {
  return text.empty() ? *this : leaf(name, text);
}

}  // namespace cb::ec2sim
