#include "app/fold.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace cb::app {
namespace {

constexpr std::size_t kNarrowest = 20;

// Where the continuation of `line` begins.
std::size_t hanging(std::string_view line, std::size_t columns) {
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const std::size_t gap = line.find("  ", begin);
  if (begin == 0 || gap == line.npos) return begin;
  const std::size_t second = line.find_first_not_of(' ', gap);
  return second != line.npos && second + kNarrowest <= columns ? second : begin + 2;
}

std::string folded_line(std::string_view line, std::size_t columns, std::string_view before) {
  const std::string indent =
      before.empty() ? std::string(hanging(line, columns), ' ') : std::string(before);
  std::string out;
  while (line.size() > columns - (out.empty() ? 0 : indent.size())) {
    const std::size_t room = columns - (out.empty() ? 0 : indent.size());
    const std::size_t first = line.find_first_not_of(' ');
    std::size_t cut = line.rfind(' ', room);
    if (cut == line.npos || cut <= std::max(first, out.empty() ? indent.size() : 0)) {
      cut = line.find(' ', room);  // a word longer than the line stays whole
    }
    if (cut == line.npos) break;
    out += str(out.empty() ? "" : indent, line.substr(0, cut), '\n');
    line = line.substr(std::min(line.find_first_not_of(' ', cut), line.size()));
  }
  return str(out, out.empty() ? "" : indent, line);
}

}  // namespace

std::size_t columns_of(std::FILE* stream) {
  return columns_of(::fileno(stream));
}

std::size_t columns_of(int fd) {
  winsize size{};
  if (::isatty(fd) != 1 || ::ioctl(fd, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col < kNarrowest ? 0 : size.ws_col;
}

bool is_capable_terminal(int fd) {
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) == 1 && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool wants_colours(int fd) {
  const char* const no = std::getenv("NO_COLOR");
  return is_capable_terminal(fd) && (no == nullptr || *no == '\0');
}

std::string folded(std::string_view text, std::size_t columns, std::string_view before) {
  if (columns < kNarrowest) return std::string(text);
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    out += folded_line(line, columns, before);
    out += '\n';
  }
  out.pop_back();
  return out;
}

}  // namespace cb::app
