#pragma once
// The broker's log on stderr: a line for people or a JSON object for programs. It never waits for
// its reader, and nobody can flood it (app/serve/log_pipe.h, app/serve/log_repeats.h). Not
// thread-safe.

#include <functional>

#include "app/config/config.h"
#include "app/serve/log_pipe.h"
#include "app/serve/log_repeats.h"
#include "port/ports.h"

namespace cb::app {

// What reads the stream. systemd's journal keeps time and priority itself, so that it gets the
// priority in front (`<4>`, sd-daemon(3)) and no time; a terminal gets colours.
enum class LogReader { kFile, kTerminal, kJournald };
// By JOURNAL_STREAM, as systemd.exec(5) says, and isatty.
LogReader reader_of(int fd);

class StderrLog : public port::LogSink {
 public:
  using Clock = std::function<Instant()>;

  // `fd` outlives this.
  StderrLog(const LogSettings& settings, int fd, Clock clock);
  StderrLog(const LogSettings& settings, int fd, Clock clock, LogReader reader);
  ~StderrLog() override;

  // From the next line on.
  void configure(const LogSettings& settings);

  // Text:  2026-11-23T10:00:00.250Z warning worker.lost: worker i-0abc ...
  // JSON:  {"time":"2026-11-23T10:00:00.250Z","level":"warning","key":"...","text":"...",
  //         "about":["i-0abc","cb-1x2y-7","default"]}  (core::Log::about, where there is any)
  void write(const core::Log& line) override;
  // Writes what is overdue: lines that waited for the reader, and counts of what was left out. Call
  // it now and then; it costs next to nothing.
  void catch_up();

 private:
  void put(const core::Log& line);

  LogSettings settings_;
  LogReader reader_;
  int fd_;
  bool colours_;
  Clock clock_;
  LogRepeats repeats_;
  LogPipe pipe_;
};

}  // namespace cb::app
