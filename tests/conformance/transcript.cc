#include "transcript.h"

#include <cctype>
#include <fstream>
#include <stdexcept>

#include "base/text.h"

namespace cb::conformance {
namespace {

// The byte of the escape that begins at text[at], and how many characters it takes.
std::pair<char, std::size_t> escape(const std::string& text, std::size_t at) {
  switch (at + 1 < text.size() ? text[at + 1] : ' ') {
    case 'n':
      return {'\n', 2};
    case 'r':
      return {'\r', 2};
    case 't':
      return {'\t', 2};
    case '0':
      return {'\0', 2};
    case '"':
      return {'"', 2};
    case '\\':
      return {'\\', 2};
    case 'x':
      if (at + 3 < text.size() && std::isxdigit(text[at + 2]) && std::isxdigit(text[at + 3])) {
        return {static_cast<char>(std::stoi(text.substr(at + 2, 2), nullptr, 16)), 4};
      }
      [[fallthrough]];
    default:
      throw std::runtime_error("bad escape in " + text);
  }
}

Step parse_step(const std::string& path, int number, std::string_view line) {
  const std::string_view verb = line.substr(0, line.find(' '));
  for (const std::string_view known :
       {"client", "asked", "core", "server", "wait", "set", "stop"}) {
    if (verb == known) {
      return {number, std::string(verb), std::string(trim(line.substr(verb.size())))};
    }
  }
  throw std::runtime_error(str(path, ":", number, ": unknown line ", line));
}

}  // namespace

std::vector<Scene> read_transcript(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<Scene> scenes;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    const std::string_view line = trim(text);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("== ")) {
      scenes.push_back({std::string(line.substr(3)), {}});
    } else if (scenes.empty()) {
      throw std::runtime_error(str(path, ":", number, ": a step before the first == claim"));
    } else {
      scenes.back().steps.push_back(parse_step(path, number, line));
    }
  }
  return scenes;
}

std::string unquote(const std::string& text) {
  std::string bytes;
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') {
    const auto [byte, size] =
        text[at] == '\\' ? escape(text, at) : std::pair<char, std::size_t>{text[at], 1};
    bytes += byte;
    at += size;
  }
  if (text.empty() || text.front() != '"' || at >= text.size()) {
    throw std::runtime_error("not a quoted text: " + text);
  }
  const std::string_view after = trim(std::string_view(text).substr(at + 1));
  if (after.empty()) return bytes;
  const auto times = after.front() == '*' ? parse_int(trim(after.substr(1))) : std::nullopt;
  if (!times || *times < 0) throw std::runtime_error("not a repetition: " + text);
  std::string all;
  for (std::int64_t i = 0; i < *times; ++i) all += bytes;
  return all;
}

std::string quote(const std::string& bytes) {
  std::string text = "\"";
  for (const char c : bytes) {
    if (c == '\n') {
      text += "\\n";
    } else if (c == '"' || c == '\\') {
      text += str('\\', c);
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      text += str("\\x", hex(std::string_view(&c, 1)));
    } else {
      text += c;
    }
  }
  return text + '"';
}

}  // namespace cb::conformance
