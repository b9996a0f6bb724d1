#include "app/log_journal.h"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>

#include "app/settings_field.h"
#include "base/text.h"
#include "wire/json_text.h"
#include "wire/text_answers.h"

namespace cb::app {
namespace {

using core::LogLevel;
using Sink = spdlog::sinks::ansicolor_sink<spdlog::details::console_nullmutex>;

std::string_view word(LogLevel level) {
  return Words<LogLevel>::list[static_cast<std::size_t>(level)];
}

// syslog(3)
constexpr std::array<std::string_view, 5> kPriorities{"<7>", "<6>", "<4>", "<3>", "<1>"};

spdlog::level::level_enum colour_of(LogLevel level) {
  constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                               spdlog::level::err, spdlog::level::critical};
  return kLevels[static_cast<std::size_t>(level)];
}

std::string now_text() {
  return iso8601_ms(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
}

std::string json_line(const core::Log& line) {
  wire::JsonText json;
  json.begin_object().key("time").string(now_text()).key("level").string(word(line.level));
  json.key("key").string(line.key).key("text").string(line.text);
  return json.end_object().take();
}

constexpr std::size_t kTimeWidth = std::string_view("2026-11-23T10:00:00.250Z ").size();

// The line as it is; the level's word, where there is one, in the level's colour.
class LineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
    out.append(line.payload.begin(), line.payload.end());
    out.push_back('\n');
    const std::string_view text(line.payload.data(), line.payload.size());
    if (text.starts_with('{')) return;
    line.color_range_start = kTimeWidth;
    line.color_range_end = text.find(' ', kTimeWidth);
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<LineFormatter>(); }
};

}  // namespace

LogReader reader_of(std::FILE* out) {
  struct stat is {};
  const char* const stream = std::getenv("JOURNAL_STREAM");
  if (stream != nullptr && ::fstat(::fileno(out), &is) == 0 &&
      stream == str(is.st_dev, ':', is.st_ino)) {
    return LogReader::kJournald;
  }
  return ::isatty(::fileno(out)) == 1 ? LogReader::kTerminal : LogReader::kFile;
}

LogJournal::LogJournal(LogLevel least, LogFormat format, std::FILE* out)
    : LogJournal(least, format, out, reader_of(out)) {}

LogJournal::LogJournal(LogLevel least, LogFormat format, std::FILE* out, LogReader reader)
    : least_(least), format_(format), reader_(reader) {
  const bool colours = reader == LogReader::kTerminal && std::getenv("NO_COLOR") == nullptr;
  auto sink =
      std::make_shared<Sink>(out, colours ? spdlog::color_mode::always : spdlog::color_mode::never);
  logger_ = std::make_unique<spdlog::logger>("", std::move(sink));
  logger_->set_formatter(std::make_unique<LineFormatter>());
  logger_->set_level(spdlog::level::trace);
  logger_->flush_on(spdlog::level::trace);
}

LogJournal::~LogJournal() = default;

void LogJournal::configure(LogLevel least, LogFormat format) {
  least_ = least;
  format_ = format;
}

void LogJournal::log(const core::Log& line) {
  if (line.level < least_) return;
  std::string text;
  if (reader_ == LogReader::kJournald) {
    text = kPriorities[static_cast<std::size_t>(line.level)];
  }
  if (format_ == LogFormat::kJson) {
    text += json_line(line);
  } else {
    if (reader_ != LogReader::kJournald) text += str(now_text(), ' ', word(line.level), ' ');
    text += wire::one_line(str(line.key, ": ", line.text));
  }
  logger_->log(colour_of(line.level), text);
}

}  // namespace cb::app
