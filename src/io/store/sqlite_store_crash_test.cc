// kill -9 at any moment: what was acknowledged is there, and what was not is there whole or not at
// all.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "base/prng.h"
#include "io/net/unique_fd.h"
#include "io/store/sqlite_store_test_kit.h"

namespace cb::io::testing {
namespace {

// A process that commits batch after batch, from `first`, and says so after each.
class Writer {
 public:
  Writer(const fs::path& dir, int first) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) write_for_ever(dir, first, ends[1]);
    acknowledged_ = UniqueFd(ends[0]);
    ::close(ends[1]);
  }
  // The number of the last batch acknowledged before it was killed; waits for `count` of them.
  int kill_after(int count, std::int64_t nanoseconds) {
    int last = 0;
    for (int n = 0; n < count && read(last); ++n) {
    }
    const timespec delay{0, nanoseconds};
    ::nanosleep(&delay, nullptr);
    ::kill(pid_, SIGKILL);
    while (read(last)) {
    }
    ::waitpid(pid_, nullptr, 0);
    return last;
  }

 private:
  [[noreturn]] static void write_for_ever(const fs::path& dir, int first, int to) {
    Open open(dir);
    for (int n = first; open.store && open.commit(batch(n)).empty(); ++n) {
      if (::write(to, &n, sizeof n) != sizeof n) break;
    }
    ::_exit(1);
  }
  bool read(int& last) const {
    return ::read(acknowledged_.get(), &last, sizeof last) == sizeof last;
  }

  pid_t pid_ = -1;
  UniqueFd acknowledged_;
};

TEST(KilledStore, HoldsAllThatWasAcknowledgedAndNothingByHalves) {
  const TempDir dir;
  Prng prng{7};
  int saved = 0;
  for (int round = 0; round < 60; ++round) {
    const int wanted = static_cast<int>(prng.below(12));
    Writer writer(dir.path, saved + 1);
    const int last = writer.kill_after(wanted, prng.between(0, 3'000'000));
    const Open open(dir.path);
    ASSERT_EQ(open.refused + open.journal.lost_why, "");
    if (last != 0) saved = last;
    if (open.journal.records == after(saved + 1)) ++saved;  // committed, and killed before the word
    ASSERT_EQ(open.journal.records, after(saved)) << "round " << round;
  }
  EXPECT_GT(saved, 200);
}

}  // namespace
}  // namespace cb::io::testing
