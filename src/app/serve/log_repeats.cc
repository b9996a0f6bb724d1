#include "app/serve/log_repeats.h"

#include <algorithm>

#include "base/text.h"

namespace cb::app {

bool LogRepeats::wanted(const core::Log& line, Instant now) {
  if (line.level == core::LogLevel::kDebug) return true;
  next_ = std::min(next_.value_or(now + interval_), now + interval_);
  Said& key = keys_.try_emplace(line.key, Said{.first = now}).first->second;
  if (!line.kind.empty()) {
    const auto kind = kinds_.find(str(line.key, '\n', line.kind));
    if (kind != kinds_.end()) {
      leave_out(kind->second, line);
      return false;
    }
  }
  if (key.lines == key_lines_max_) {
    leave_out(key, line);
    return false;
  }
  ++key.lines;
  if (!line.kind.empty()) {
    kinds_[str(line.key, '\n', line.kind)] = {.first = now, .lines = 1};
  }
  return true;
}

void LogRepeats::leave_out(Said& said, const core::Log& line) {
  ++said.left_out;
  said.latest = line;
}

std::vector<core::Log> LogRepeats::due(Instant now) {
  std::vector<core::Log> out;
  if (!next_ || now < *next_) return out;
  next_.reset();
  close(kinds_, now, out);
  close(keys_, now, out);
  return out;
}

void LogRepeats::close(Table& table, Instant now, std::vector<core::Log>& out) {
  for (auto entry = table.begin(); entry != table.end();) {
    Said& said = entry->second;
    const Instant end = said.first + interval_;
    if (now < end) {
      next_ = std::min(next_.value_or(end), end);
      ++entry;
      continue;
    }
    if (said.left_out != 0) {
      core::Log line = std::move(said.latest);
      const auto since = std::chrono::floor<seconds>(now - said.first);
      line.text = str(said.left_out, " more like this in the last ", to_string(Duration{since}),
                      ", the latest: ", line.text);
      out.push_back(std::move(line));
    }
    entry = table.erase(entry);
  }
}

}  // namespace cb::app
