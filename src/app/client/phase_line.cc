#include "app/client/phase_line.h"

#include <unistd.h>

#include <string_view>
#include <vector>

#include "app/fold.h"
#include "base/text.h"
#include "base/time.h"

namespace cb::app {
namespace {

constexpr std::size_t kLinesMax = 6;

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
    : out_(out),
      visible_(::isatty(::fileno(out)) == 1),
      overwrites_(is_capable_terminal(::fileno(out))),
      begun_(std::chrono::steady_clock::now()) {}

PhaseLine::~PhaseLine() {
  if (overwrites_) std::fputs(wipe().c_str(), out_);
}

// To the beginning of what is shown, and nothing from there on.
std::string PhaseLine::wipe() const {
  return str('\r', lines_ > 1 ? str("\033[", lines_ - 1, 'A') : "", "\033[J");
}

void PhaseLine::show(const std::string& phase) {
  const std::string before = phase_;
  if (!phase.empty()) phase_ = without_age(phase);
  if (!visible_ || (!overwrites_ && phase_ == before)) return;
  const auto elapsed = std::chrono::floor<seconds>(std::chrono::steady_clock::now() - begun_);
  const std::string line = str('[', to_string(elapsed), "] ", phase_);
  const std::size_t columns = columns_of(out_);
  // The last column is left free: some terminals go to the next line from there.
  const std::string text = folded(line, columns == 0 ? 79 : columns - 1, "  ");
  if (overwrites_) {
    std::vector<std::string> rows;
    for (std::string_view row : split(text, '\n')) {
      if (rows.size() < kLinesMax) rows.emplace_back(row);
    }
    std::fprintf(out_, "%s%s", wipe().c_str(), join(rows, "\n").c_str());
    lines_ = rows.size();
  } else {
    std::fprintf(out_, "%s\n", text.c_str());
  }
  std::fflush(out_);
}

}  // namespace cb::app
