#include "app/log_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace cb::app {
namespace {

using core::LogLevel;
using testing::MatchesRegex;
using testing::StartsWith;

class Written {
 public:
  Written() : file_(::open_memstream(&text_, &size_)) {}
  ~Written() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_;
};

TEST(LogJournal, ALineForPeopleHasTimeLevelKeyAndSentence) {
  Written out;
  LogJournal journal(LogLevel::kInfo, LogFormat::kText, out.file(), LogReader::kFile);
  journal.log({LogLevel::kInfo, "worker.idle", "worker i-0abc idle 900 s (limit 900 s)"});
  EXPECT_THAT(out.text(), MatchesRegex("....-..-..T..:..:......Z info worker.idle: worker i-0abc "
                                       "idle 900 s .limit 900 s.\n"));
}

TEST(LogJournal, JsonIsOneObjectALine) {
  Written out;
  LogJournal journal(LogLevel::kInfo, LogFormat::kJson, out.file(), LogReader::kFile);
  journal.log({LogLevel::kAlert, "a.b", "say \"no\"\nnow"});
  EXPECT_THAT(out.text(), MatchesRegex(".\"time\":\"[^\"]*Z\",\"level\":\"alert\",\"key\":\"a.b\","
                                       "\"text\":\"say ..no...nnow\".\n"));
}

TEST(LogJournal, ForJournaldThePriorityStandsInFrontAndNoTime) {
  Written out;
  LogJournal journal(LogLevel::kDebug, LogFormat::kText, out.file(), LogReader::kJournald);
  for (auto level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError,
                     LogLevel::kAlert}) {
    journal.log({level, "k", "t"});
  }
  EXPECT_EQ(out.text(), "<7>k: t\n<6>k: t\n<4>k: t\n<3>k: t\n<1>k: t\n");
  journal.configure(LogLevel::kDebug, LogFormat::kJson);
  journal.log({LogLevel::kWarning, "k", "t"});
  EXPECT_THAT(out.text().substr(40), StartsWith("<4>{\"time\""));
}

TEST(LogJournal, LinesBelowTheLevelAreLeftOutAlsoAfterAChange) {
  Written out;
  LogJournal journal(LogLevel::kWarning, LogFormat::kText, out.file(), LogReader::kJournald);
  journal.log({LogLevel::kInfo, "k", "one"});
  journal.log({LogLevel::kError, "k", "two"});
  journal.configure(LogLevel::kInfo, LogFormat::kText);
  journal.log({LogLevel::kInfo, "k", "three"});
  EXPECT_EQ(out.text(), "<3>k: two\n<6>k: three\n");
}

TEST(LogJournal, ALineStaysOneLine) {
  Written out;
  LogJournal journal(LogLevel::kInfo, LogFormat::kText, out.file(), LogReader::kJournald);
  journal.log({LogLevel::kInfo, "k", "a\nb\033[31m"});
  EXPECT_EQ(out.text(), "<6>k: a b [31m\n");
}

TEST(LogJournal, OnATerminalOnlyTheLevelIsColoured) {
  Written out;
  LogJournal journal(LogLevel::kInfo, LogFormat::kText, out.file(), LogReader::kTerminal);
  journal.log({LogLevel::kInfo, "k", "t"});
  EXPECT_THAT(out.text(), MatchesRegex("[^\033]*Z .....?minfo\033.m k: t\n"));
}

}  // namespace
}  // namespace cb::app
