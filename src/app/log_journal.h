#pragma once
// The broker's log on stderr: a line for people or a JSON object for programs. Not thread-safe.

#include <cstdio>
#include <memory>

#include "app/config.h"
#include "port/ports.h"

namespace spdlog {
class logger;
}

namespace cb::app {

// What reads the stream. systemd's journal keeps time and priority itself, so that it gets the
// priority in front (`<4>`, sd-daemon(3)) and no time; a terminal gets colours.
enum class LogReader { kFile, kTerminal, kJournald };
// By JOURNAL_STREAM, as systemd.exec(5) says, and isatty.
LogReader reader_of(std::FILE* out);

class LogJournal : public port::Journal {
 public:
  // `out` outlives this. A line that cannot be written is lost; the broker goes on.
  LogJournal(core::LogLevel least, LogFormat format, std::FILE* out = stderr);
  LogJournal(core::LogLevel least, LogFormat format, std::FILE* out, LogReader reader);
  ~LogJournal() override;

  // From the next line on.
  void configure(core::LogLevel least, LogFormat format);

  // Text:  2026-11-23T10:00:00.250Z warning worker.lost: worker i-0abc ...
  // JSON:  {"time":"2026-11-23T10:00:00.250Z","level":"warning","key":"...","text":"..."}
  void log(const core::Log& line) override;

 private:
  core::LogLevel least_;
  LogFormat format_;
  LogReader reader_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace cb::app
