#include "app/serve/stderr_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/text.h"
#include "io/net/unique_fd.h"

namespace cb::app {
namespace {

using core::LogLevel;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

// A log that is read at the end.
class Written {
 public:
  int fd() const { return fd_.get(); }
  std::string text() const {
    std::string out(1 << 20, '\0');
    out.resize(static_cast<std::size_t>(::pread(fd_.get(), out.data(), out.size(), 0)));
    return out;
  }

 private:
  io::UniqueFd fd_{::memfd_create("log", MFD_CLOEXEC)};
};

// A log whose reader takes nothing unless asked; the smallest pipe there is holds 4096 bytes.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    from_ = io::UniqueFd(ends[0]);
    to_ = io::UniqueFd(ends[1]);
    ::fcntl(to_.get(), F_SETPIPE_SZ, 4096);
  }
  int fd() const { return to_.get(); }
  void close_reader() { from_.reset(); }
  std::string read() const {
    std::string out(1 << 20, '\0');
    pollfd some{from_.get(), POLLIN, 0};
    if (::poll(&some, 1, 0) != 1) return {};
    out.resize(static_cast<std::size_t>(::read(from_.get(), out.data(), out.size())));
    return out;
  }

 private:
  io::UniqueFd from_, to_;
};

struct TestLog {
  TestLog(int fd, LogReader reader, LogSettings chosen = {})
      : settings(chosen),
        out(
            chosen, fd, [this] { return now; }, reader) {}
  void log(LogLevel level, std::string text, std::string kind = {}) {
    out.write({level, "k", std::move(text), std::move(kind)});
  }
  void configure(LogLevel level, LogFormat format) {
    settings.level = level;
    settings.format = format;
    out.configure(settings);
  }
  Instant now{seconds{100}};
  LogSettings settings;
  StderrLog out;
};

TEST(StderrLog, ALineForPeopleHasTimeLevelKeyAndSentence) {
  Written out;
  TestLog log(out.fd(), LogReader::kFile);
  log.out.write({LogLevel::kInfo, "worker.idle", "worker i-0abc idle 900 s (limit 900 s)"});
  EXPECT_THAT(out.text(), MatchesRegex("....-..-..T..:..:......Z info worker.idle: worker i-0abc "
                                       "idle 900 s .limit 900 s.\n"));
}

TEST(StderrLog, JsonIsOneObjectALine) {
  Written out;
  TestLog log(out.fd(), LogReader::kFile, {.format = LogFormat::kJson});
  log.out.write({LogLevel::kAlert, "a.b", "say \"no\"\nnow"});
  EXPECT_THAT(out.text(), MatchesRegex(".\"time\":\"[^\"]*Z\",\"level\":\"alert\",\"key\":\"a.b\","
                                       "\"text\":\"say ..no...nnow\".\n"));
}

TEST(StderrLog, JsonNamesWhatALineIsAbout) {
  Written out;
  TestLog log(out.fd(), LogReader::kFile, {.format = LogFormat::kJson});
  log.out.write({LogLevel::kInfo, "a.b", "t", "", {"i-0abc", "default"}});
  EXPECT_THAT(out.text(), MatchesRegex(".*\"text\":\"t\",\"about\":.\"i-0abc\",\"default\".}\n"));
}

TEST(StderrLog, ForJournaldThePriorityStandsInFrontAndNoTime) {
  Written out;
  TestLog log(out.fd(), LogReader::kJournald, {.level = LogLevel::kDebug});
  for (auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError,
                     LogLevel::kAlert}) {
    log.log(level, "t");
  }
  EXPECT_EQ(out.text(), "<7>k: t\n<6>k: t\n<4>k: t\n<3>k: t\n<1>k: t\n");
  log.configure(LogLevel::kDebug, LogFormat::kJson);
  log.log(LogLevel::kWarning, "t");
  EXPECT_THAT(out.text().substr(40), StartsWith("<4>{\"time\""));
}

TEST(StderrLog, LinesBelowTheLevelAreLeftOutAlsoAfterAChange) {
  Written out;
  TestLog log(out.fd(), LogReader::kJournald, {.level = LogLevel::kWarning});
  log.log(LogLevel::kInfo, "one");
  log.log(LogLevel::kError, "two");
  log.configure(LogLevel::kInfo, LogFormat::kText);
  log.log(LogLevel::kInfo, "three");
  EXPECT_EQ(out.text(), "<3>k: two\n<6>k: three\n");
}

TEST(StderrLog, ALineStaysOneLine) {
  Written out;
  TestLog log(out.fd(), LogReader::kJournald);
  log.log(LogLevel::kInfo, "a\nb\033[31m");
  EXPECT_EQ(out.text(), "<6>k: a b [31m\n");
}

// What a terminal of so many columns is shown.
std::string shown(unsigned short columns, const std::string& text) {
  winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  int ends[2];
  EXPECT_EQ(::openpty(&ends[0], &ends[1], nullptr, nullptr, &size), 0);
  const io::UniqueFd screen(ends[0]);
  const io::UniqueFd terminal(ends[1]);
  {
    TestLog log(terminal.get(), reader_of(terminal.get()));
    log.log(LogLevel::kInfo, text);
  }
  std::string out(4096, '\0');
  out.resize(static_cast<std::size_t>(::read(screen.get(), out.data(), out.size())));
  std::erase(out, '\r');
  return out;
}

// A variable of the environment for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(StderrLog, OnATerminalOnlyTheLevelIsColouredUnlessNoColourIsWanted) {
  const Variable capable("TERM", "xterm");
  const Variable none("NO_COLOR", "");
  EXPECT_THAT(shown(100, "t"), MatchesRegex("[^\033]*Z .....?minfo\033.m k: t\n"));
  {
    const Variable plain("NO_COLOR", "1");
    EXPECT_THAT(shown(100, "t"), EndsWith("Z info k: t\n"));
  }
  const Variable dumb("TERM", "dumb");
  EXPECT_THAT(shown(100, "t"), EndsWith("Z info k: t\n"));
}

TEST(StderrLog, OnANarrowTerminalLinesBreakBetweenWords) {
  const Variable dumb("TERM", "dumb");
  EXPECT_THAT(shown(50, "each of these words stays whole, and what follows is indented"),
              EndsWith("Z info k: each of these\n    words stays whole, and what follows is\n"
                       "    indented\n"));
}

TEST(StderrLog, AReaderThatStopsReadingCostsLinesAndNeverAWait) {
  Pipe out;
  TestLog log(out.fd(), LogReader::kJournald, {.buffer_kib = 8, .key_lines_max = 10'000});
  const std::string text(100, 'x');
  for (int n = 0; n < 1000; ++n) log.log(LogLevel::kInfo, str(n, ' ', text));
  std::string all;
  for (std::string some; !(some = out.read()).empty(); log.out.catch_up()) all += some;
  // What waited has come in order and whole, and then how much did not.
  std::size_t lines = 0;
  for (const auto line : split(all, '\n')) lines += line == str("<6>k: ", lines, ' ', text) ? 1 : 0;
  EXPECT_GT(lines, 100U);
  EXPECT_THAT(all, HasSubstr(str("\n<4>log.lost: ", 1000 - lines, " lines of this log are lost")));
  log.log(LogLevel::kInfo, "flows");
  EXPECT_EQ(out.read(), "<6>k: flows\n");
}

TEST(StderrLog, ASocketThatNobodyReadsCostsNoWaitEither) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const io::UniqueFd here(ends[0]);
  const io::UniqueFd there(ends[1]);
  TestLog log(here.get(), LogReader::kJournald, {.buffer_kib = 8, .key_lines_max = 1'000'000});
  for (int n = 0; n < 10'000; ++n) log.log(LogLevel::kInfo, std::string(100, 'x'));
  std::string buffer(1 << 20, '\0');
  EXPECT_GT(::read(there.get(), buffer.data(), buffer.size()), 10'000);
}

TEST(StderrLog, ALineLongerThanThePipeComesWhole) {
  Pipe out;
  TestLog log(out.fd(), LogReader::kJournald, {.buffer_kib = 1});
  log.log(LogLevel::kInfo, std::string(20'000, 'x'));
  std::string all;
  for (std::string some; !(some = out.read()).empty(); log.out.catch_up()) all += some;
  EXPECT_EQ(all, "<6>k: " + std::string(20'000, 'x') + '\n');
}

TEST(StderrLog, AReaderThatGoesAwayCostsNothing) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe out;
  TestLog log(out.fd(), LogReader::kFile);
  out.close_reader();
  for (int n = 0; n < 10'000; ++n) log.log(LogLevel::kInfo, std::string(100, 'x'));
  std::signal(SIGPIPE, SIG_DFL);
}

TEST(StderrLog, RefusalsForOneReasonAreOneLineAnIntervalAndACount) {
  Written out;
  TestLog log(out.fd(), LogReader::kJournald, {.repeat_interval = seconds{60}});
  for (int n = 1; n <= 20'000; ++n) log.log(LogLevel::kWarning, str(n, " refused"), "quota");
  log.log(LogLevel::kWarning, "one refused", "denied");
  EXPECT_EQ(out.text(), "<4>k: 1 refused\n<4>k: one refused\n");
  log.now += seconds{61};
  log.out.catch_up();
  EXPECT_THAT(out.text(), EndsWith("<4>k: 19999 more like this in the last 1m1s, the latest: 20000 "
                                   "refused\n"));
  log.log(LogLevel::kWarning, "anew", "quota");
  EXPECT_THAT(out.text(), EndsWith("<4>k: anew\n"));
}

TEST(StderrLog, NoKeyFloodsTheLogWhateverItsLinesSay) {
  Written out;
  TestLog log(out.fd(), LogReader::kJournald, {.key_lines_max = 3});
  for (int n = 1; n <= 10; ++n) log.log(LogLevel::kInfo, str("caller ", n), str("kind ", n));
  EXPECT_EQ(out.text(), "<6>k: caller 1\n<6>k: caller 2\n<6>k: caller 3\n");
  log.out.write({LogLevel::kInfo, "other", "said"});
  log.now += log.settings.repeat_interval;
  log.out.catch_up();
  EXPECT_THAT(out.text(), EndsWith("<6>other: said\n<6>k: 7 more like this in the last 1m, the "
                                   "latest: caller 10\n"));
}

}  // namespace
}  // namespace cb::app
