#include "ec2sim/xml.h"

namespace cb::ec2sim {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\r':
        out += "&#13;";
        break;
      default:
        out += c >= 0 && c < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
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
