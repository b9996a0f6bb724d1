#include "app/client/phase_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/time.h"

namespace cb::app {
namespace {

// A line that wraps could not be overwritten.
std::size_t columns(std::FILE* terminal) {
  winsize size{};
  if (::ioctl(::fileno(terminal), TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

// The broker's "booting i-0abc 12s, ready soon" without the age, which would stand beside our own
// clock and say nearly the same.
std::string without_age(const std::string& phase) {
  std::vector<std::string> kept;
  for (std::string_view word : words(phase)) {
    const bool comma = word.ends_with(',');
    const std::string_view number = word.substr(0, word.size() - (comma ? 2 : 1));
    const bool age = word.find('s') == number.size() && parse_int(number) && !kept.empty() &&
                     kept.back() != "about";
    if (!age) {
      kept.emplace_back(word);
    } else if (comma) {
      kept.back() += ',';
    }
  }
  return join(kept, " ");
}

}  // namespace

PhaseLine::PhaseLine(std::FILE* out)
    : out_(out), visible_(::isatty(::fileno(out)) == 1), begun_(std::chrono::steady_clock::now()) {}

PhaseLine::~PhaseLine() {
  if (visible_) std::fputs("\r\033[K", out_);
}

void PhaseLine::show(const std::string& phase) {
  if (!phase.empty()) phase_ = without_age(phase);
  if (!visible_) return;
  const auto elapsed = std::chrono::floor<seconds>(std::chrono::steady_clock::now() - begun_);
  std::string line = str('[', to_string(elapsed), "] ", phase_);
  line.resize(std::min(line.size(), columns(out_) - 1));
  std::fprintf(out_, "\r\033[K%s", line.c_str());
  std::fflush(out_);
}

}  // namespace cb::app
