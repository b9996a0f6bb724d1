#pragma once
// Which lines of the log are said, so that nobody can flood it: of lines of one kind one in each
// interval, and of one key so many, the rest as a number.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/model/decision.h"

namespace cb::app {

class LogRepeats {
 public:
  LogRepeats(Duration interval, std::size_t key_lines_max)
      : interval_(interval), key_lines_max_(key_lines_max) {}
  void configure(Duration interval, std::size_t key_lines_max) {
    interval_ = interval;
    key_lines_max_ = key_lines_max;
  }

  // Whether to write `line`; otherwise it is counted.
  bool wanted(const core::Log& line, Instant now);
  // What is to be said of lines that were counted, once their interval is over.
  std::vector<core::Log> due(Instant now);

 private:
  struct Said {
    Instant first{};
    std::size_t lines = 0;     // said
    std::size_t left_out = 0;  // and these not
    core::Log latest;          // of those
  };
  using Table = std::map<std::string, Said>;
  void leave_out(Said& said, const core::Log& line);
  void close(Table& table, Instant now, std::vector<core::Log>& out);

  Duration interval_;
  std::size_t key_lines_max_;
  Table kinds_;  // by key and kind
  Table keys_;
  std::optional<Instant> next_;  // the earliest end of an interval
};

}  // namespace cb::app
