#include "sim/swarm.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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
  std::FILE* report = nullptr;
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
  return {.pid = pid, .report = ::fdopen(ends[0], "r")};
}

void hear(Worker& worker, std::string_view line, SwarmResult& result) {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  const std::string_view rest = space == line.npos ? "" : line.substr(space + 1);
  if (word == "seed") {
    worker.at = static_cast<std::uint64_t>(parse_int(rest).value_or(0));
  } else if (word == "failed") {
    const std::size_t end = rest.find(' ');
    result.failures.push_back(
        {worker.at, std::string(rest.substr(0, end)), std::string(rest.substr(end + 1))});
  } else if (word == "tally") {
    result.tally.add(Tally::decode(std::string(rest)));
    worker.finished = true;
  }
}

void listen(Worker& worker, SwarmResult& result) {
  char* line = nullptr;
  std::size_t size = 0;
  while (::getline(&line, &size, worker.report) > 0) hear(worker, trim(line), result);
  std::free(line);
  std::fclose(worker.report);
  int status = 0;
  ::waitpid(worker.pid, &status, 0);
  if (worker.finished && status == 0) return;
  result.failures.push_back(
      {worker.at, "process", str("the process of this seed ended with status ", status)});
}

}  // namespace

std::optional<SeedFailure> run_seed(std::uint64_t seed, const Command& command, Tally& tally) {
  const Outcome outcome = run_world(seed, command.narrowing, nullptr);
  tally.add(outcome.tally);
  if (outcome.failure) {
    return SeedFailure{seed, outcome.failure->rule,
                       str("at ", outcome.failure->when, ": ", outcome.failure->what)};
  }
  if (!command.twice || run_world(seed, command.narrowing, nullptr).digest == outcome.digest) {
    return {};
  }
  return SeedFailure{seed, "digest", "two runs of this seed differ"};
}

SwarmResult run_swarm(const Command& command, std::ostream& progress) {
  const auto begun = std::chrono::steady_clock::now();
  SwarmResult result;
  std::vector<Worker> workers;
  progress << "seeds " << command.first_seed << ".." << command.last_seed << " in " << command.jobs
           << " processes\n"
           << std::flush;
  for (int job = 0; job < command.jobs; ++job) workers.push_back(start(command, job));
  for (Worker& worker : workers) {
    const std::size_t before = result.failures.size();
    listen(worker, result);
    progress << "one process done, " << result.failures.size() - before << " failures\n"
             << std::flush;
  }
  std::sort(result.failures.begin(), result.failures.end(),
            [](const SeedFailure& a, const SeedFailure& b) { return a.seed < b.seed; });
  result.elapsed_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return result;
}

Narrowing shrink(std::uint64_t seed, const Narrowing& from, const std::string& rule,
                 std::ostream& progress) {
  Narrowing best = from;
  const auto still_fails = [&](const Narrowing& tried) {
    const Outcome outcome = run_world(seed, tried, nullptr);
    if (!outcome.failure || outcome.failure->rule != rule) return false;
    best = tried;
    progress << "still fails:" << best.flags() << '\n' << std::flush;
    return true;
  };
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (const FaultRow& one : fault_table()) {
      Narrowing tried = best;
      if (tried.without.insert(one.fault).second) smaller = still_fails(tried) || smaller;
    }
    for (const int clients : {1, best.clients / 2, best.clients - 1}) {
      Narrowing tried = best;
      tried.clients = clients;
      if (clients > 0 && clients < best.clients) smaller = still_fails(tried) || smaller;
    }
    for (const Duration length : {Duration{hours{1}}, best.length / 2, best.length - hours{1}}) {
      Narrowing tried = best;
      tried.length = std::chrono::ceil<hours>(length);
      if (tried.length >= hours{1} && tried.length < best.length) {
        smaller = still_fails(tried) || smaller;
      }
    }
  }
  return best;
}

}  // namespace cb::sim
