#include "app/serve/stderr_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "app/config/settings_field.h"
#include "app/fold.h"
#include "base/text.h"
#include "wire/json_text.h"
#include "wire/text_answers.h"

namespace cb::app {
namespace {

using core::LogLevel;

std::string_view word(LogLevel level) {
  return Words<LogLevel>::list[static_cast<std::size_t>(level)];
}

// syslog(3)
constexpr std::array<std::string_view, 5> kPriorities{"<7>", "<6>", "<4>", "<3>", "<1>"};

// Of the terminal: cyan, green, bold yellow, bold red, bold white on red.
constexpr std::array<std::string_view, 5> kColours{"\033[36m", "\033[32m", "\033[33m\033[1m",
                                                   "\033[31m\033[1m", "\033[1m\033[41m"};
constexpr std::string_view kColourEnd = "\033[m";

std::string now_text() {
  return iso8601_ms(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
}

std::string json_line(const core::Log& line) {
  wire::JsonText json;
  json.begin_object().key("time").string(now_text()).key("level").string(word(line.level));
  json.key("key").string(line.key).key("text").string(line.text);
  if (!line.about.empty()) {
    json.key("about").begin_array();
    for (const std::string& id : line.about) json.string(id);
    json.end_array();
  }
  return json.end_object().take();
}

}  // namespace

LogReader reader_of(int fd) {
  struct stat is {};
  const char* const stream = std::getenv("JOURNAL_STREAM");
  if (stream != nullptr && ::fstat(fd, &is) == 0 && stream == str(is.st_dev, ':', is.st_ino)) {
    return LogReader::kJournald;
  }
  return ::isatty(fd) == 1 ? LogReader::kTerminal : LogReader::kFile;
}

StderrLog::StderrLog(const LogSettings& settings, int fd, Clock clock)
    : StderrLog(settings, fd, std::move(clock), reader_of(fd)) {}

StderrLog::StderrLog(const LogSettings& settings, int fd, Clock clock, LogReader reader)
    : settings_(settings),
      reader_(reader),
      fd_(fd),
      colours_(reader == LogReader::kTerminal && wants_colours(fd)),
      clock_(std::move(clock)),
      repeats_(settings.repeat_interval, settings.key_lines_max),
      pipe_(fd, settings.buffer_kib * 1024) {}

StderrLog::~StderrLog() {
  catch_up();
}

void StderrLog::configure(const LogSettings& settings) {
  settings_ = settings;
  repeats_.configure(settings.repeat_interval, settings.key_lines_max);
  pipe_.set_room(settings.buffer_kib * 1024);
}

void StderrLog::write(const core::Log& line) {
  if (line.level < settings_.level) return;
  catch_up();
  if (repeats_.wanted(line, clock_())) put(line);
}

void StderrLog::catch_up() {
  pipe_.flush();
  if (!pipe_.behind()) {
    if (const std::size_t lost = pipe_.take_lost()) {
      put({LogLevel::kWarning, "log.lost",
           str(lost, " lines of this log are lost: nobody read it for so long that more than ",
               settings_.buffer_kib, " KiB (log_buffer_kib) waited")});
    }
  }
  for (const core::Log& line : repeats_.due(clock_())) put(line);
}

void StderrLog::put(const core::Log& line) {
  const auto level = static_cast<std::size_t>(line.level);
  std::string text;
  if (reader_ == LogReader::kJournald) text = kPriorities[level];
  if (settings_.format == LogFormat::kJson) return pipe_.write(text + json_line(line));
  const std::string said = wire::one_line(str(line.key, ": ", line.text));
  if (reader_ == LogReader::kJournald) return pipe_.write(text + said);
  const std::string time = now_text() + ' ';
  text = str(time, word(line.level), ' ', said);
  if (reader_ == LogReader::kTerminal) text = folded(text, columns_of(fd_), "    ");
  if (colours_) {
    const std::size_t at = text.find(word(line.level), time.size() - 1);
    text.insert(at + word(line.level).size(), kColourEnd);
    text.insert(at, kColours[level]);
  }
  pipe_.write(text);
}

}  // namespace cb::app
