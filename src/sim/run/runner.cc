#include "sim/run/runner.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <system_error>

#include "base/text.h"

namespace cb::sim {
namespace {

// One process of the swarm, and the pipe on which it reports: for each seed a line "seed N", then
// perhaps "failed RULE what", and at the end "tally ...".
struct Worker {
  pid_t pid = 0;
  int report = -1;
  std::string heard;  // the beginning of a line
  std::uint64_t at = 0;
  bool finished = false;
};

void say(int fd, std::string line) {
  std::replace(line.begin(), line.end(), '\n', ' ');
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written <= 0) _exit(3);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void work(const Command& command, int job, int fd) {
  Tally tally;
  for (std::uint64_t seed = command.first_seed + static_cast<std::uint64_t>(job);
       seed <= command.last_seed; seed += static_cast<std::uint64_t>(command.jobs)) {
    say(fd, str("seed ", seed));
    if (const auto failure = run_seed(seed, command, tally)) {
      say(fd, str("failed ", failure->rule, " ", failure->what));
    }
  }
  say(fd, "tally " + tally.encode());
  _exit(0);
}

Worker start(const Command& command, int job) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) {
    ::close(ends[0]);
    work(command, job, ends[1]);
  }
  ::close(ends[1]);
  Worker worker;
  worker.pid = pid;
  worker.report = ends[0];
  return worker;
}

// Hears the processes out and says how far they are.
class Listener {
 public:
  Listener(const Command& command, std::ostream& progress)
      : seeds_(command.last_seed - command.first_seed + 1), progress_(progress) {
    for (int job = 0; job < command.jobs; ++job) workers_.push_back(start(command, job));
  }

  SwarmResult hear_out() {
    while (hear_some()) {
    }
    for (Worker& worker : workers_) bury(worker);
    return std::move(result_);
  }

 private:
  // False when every pipe is at its end.
  bool hear_some() {
    std::vector<pollfd> pipes;
    for (const Worker& worker : workers_) pipes.push_back({worker.report, POLLIN, 0});
    const auto open = [](const pollfd& pipe) { return pipe.fd >= 0; };
    if (std::none_of(pipes.begin(), pipes.end(), open)) return false;
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].revents != 0) read_some(workers_[i]);
    }
    return true;
  }

  void read_some(Worker& worker) {
    char bytes[4096];
    const ssize_t size = ::read(worker.report, bytes, sizeof bytes);
    if (size <= 0) {
      ::close(worker.report);
      worker.report = -1;
      return;
    }
    worker.heard.append(bytes, static_cast<std::size_t>(size));
    for (std::size_t end; (end = worker.heard.find('\n')) != std::string::npos;) {
      hear(worker, worker.heard.substr(0, end));
      worker.heard.erase(0, end + 1);
    }
  }

  void hear(Worker& worker, std::string_view line) {
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    const std::string_view rest = line.substr(std::min(space + 1, line.size()));
    if (word == "seed") {
      worker.at = static_cast<std::uint64_t>(parse_int(rest).value_or(0));
      if (++begun_ % kProgressEvery == 0) {
        progress_ << begun_ << " of " << seeds_ << " worlds, " << result_.failures.size()
                  << " failures\n"
                  << std::flush;
      }
    } else if (word == "failed") {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      result_.failures.push_back({worker.at, std::string(rest.substr(0, end)),
                                  std::string(rest.substr(std::min(end + 1, rest.size())))});
    } else if (word == "tally") {
      result_.tally.add(Tally::decode(std::string(rest)));
      worker.finished = true;
    }
  }

  void bury(const Worker& worker) {
    int status = 0;
    ::waitpid(worker.pid, &status, 0);
    if (worker.finished && status == 0) return;
    result_.failures.push_back(
        {worker.at, "process", str("the process of this seed ended with status ", status)});
  }

  static constexpr std::uint64_t kProgressEvery = 100;
  std::uint64_t seeds_;
  std::ostream& progress_;
  std::vector<Worker> workers_;
  SwarmResult result_;
  std::uint64_t begun_ = 0;
};

}  // namespace

std::optional<SeedFailure> run_seed(std::uint64_t seed, const Command& command, Tally& tally) {
  const Outcome outcome = run_world(seed, command.narrowing, nullptr);
  tally.add(outcome.tally);
  if (outcome.failure) {
    return SeedFailure{seed, outcome.failure->rule,
                       str("at ", outcome.failure->when, ": ", outcome.failure->what)};
  }
  if (command.second.empty()) return {};
  const auto second = digest_elsewhere(command.second, seed, command);
  if (second == outcome.digest) return {};
  return SeedFailure{seed, std::string(kDigestRule),
                     str("two runs of this seed differ: ", outcome.digest, " and ",
                         second ? std::to_string(*second) : "one that does not hold")};
}

SwarmResult run_swarm(const Command& command, std::ostream& progress) {
  const auto begun = std::chrono::steady_clock::now();
  SwarmResult result = Listener(command, progress).hear_out();
  std::sort(result.failures.begin(), result.failures.end(),
            [](const SeedFailure& a, const SeedFailure& b) { return a.seed < b.seed; });
  result.elapsed_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return result;
}

}  // namespace cb::sim
