// The load generator: many clients of a line protocol, in one or several processes. Prints one JSON
// object about what they saw.
//
//   bench-load --port 9000 --clients 128 --seconds 3              a new connection each
//   bench-load --port 9000 --kept --hello 'HELLO 2' --depth 16    on kept connections
//   bench-load --port 9000 --rate 5000 --clients 1000             by a timetable (open loop)
//   bench-load --port 9000 --answers-each 1 --announce            a herd: each asks once

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>
#include <vector>

#include "base/text.h"
#include "bench/load/crowd.h"

namespace cb::bench {
namespace {

Options parse(int argc, char** argv) {
  Options o;
  CLI::App app{"Loads a server that speaks in lines, and measures it"};
  app.add_option("--host", o.host);
  app.add_option("--port", o.port)->required();
  app.add_option("--line", o.line);
  app.add_option("--hello", o.hello);
  app.add_flag("--kept", o.kept);
  app.add_option("--depth", o.depth)->check(CLI::Range(1, 1000));
  app.add_option("--clients", o.clients)->check(CLI::Range(1, 1'000'000));
  app.add_option("--processes", o.processes)->check(CLI::Range(1, 64));
  app.add_option("--sources", o.sources)->check(CLI::Range(1, 60'000));
  app.add_option("--answers-each", o.answers_each);
  app.add_option("--rate", o.rate);
  app.add_option("--seconds", o.seconds);
  app.add_option("--warmup", o.warmup);
  app.add_flag("--announce", o.announce);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return o;
}

// Memory that children of this process write and it reads.
Tally* shared_tallies(std::uint32_t count) {
  void* const memory = ::mmap(nullptr, count * sizeof(Tally), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const tallies = static_cast<Tally*>(memory);
  for (std::uint32_t i = 0; i < count; ++i) new (&tallies[i]) Tally;
  return tallies;
}

[[noreturn]] void be_a_crowd(const Options& options, std::uint32_t share, Tally& tally) {
  try {
    Crowd(options, share, tally).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-load: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

// Returns whether every child did its work.
bool wait_for_all(const Options& options, const Tally* tallies) {
  std::uint32_t left = options.processes;
  bool well = true, announced = !options.announce;
  while (left != 0) {
    int status = 0;
    const pid_t child = ::waitpid(-1, &status, announced ? 0 : WNOHANG);
    if (child > 0) {
      --left;
      well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
      continue;
    }
    std::uint32_t asked = 0;
    for (std::uint32_t i = 0; i < options.processes; ++i) asked += tallies[i].asked.load();
    if (asked == options.clients) {
      std::printf("{\"asked\":%u}\n", asked);
      std::fflush(stdout);
      announced = true;
    }
    ::usleep(2000);
  }
  return well;
}

std::string quoted(const Samples& samples) {
  std::string out;
  samples.each([&](std::string_view text) {
    if (!out.empty()) out += ',';
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (static_cast<unsigned char>(c) >= ' ') out += c;
    }
    out += '"';
  });
  return out;
}

void print(const Options& options, const Tally& all) {
  timespec real{};
  ::clock_gettime(CLOCK_REALTIME, &real);
  const double unix_minus_mono = static_cast<double>(real.tv_sec) * 1e9 +
                                 static_cast<double>(real.tv_nsec) - static_cast<double>(mono_ns());
  const auto unix_ms = [&](std::int64_t at) {
    return all.last_answer == 0 ? 0.0 : (static_cast<double>(at) + unix_minus_mono) / 1e6;
  };
  const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const double cpu = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                     static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  std::printf("{\"answers\":%lu,\"rate\":%.1f,", all.answers,
              static_cast<double>(all.answers) / options.seconds);
  std::printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,",
              us(all.latency.at(0.5)), us(all.latency.at(0.99)), us(all.latency.at(0.999)),
              us(all.latency.largest()));
  std::printf("\"errors\":%lu,\"unfinished\":%lu,\"oldest_unfinished_us\":%.1f,", all.errors,
              all.unfinished, us(static_cast<std::uint64_t>(all.oldest_unfinished)));
  std::printf("\"least_per_client\":%lu,\"most_per_client\":%lu,\"load_cpu_s\":%.3f,", all.least,
              all.most, cpu);
  std::printf("\"first_start_unix_ms\":%.3f,\"first_answer_unix_ms\":%.3f,",
              unix_ms(all.first_start), unix_ms(all.first_answer));
  std::printf("\"last_answer_unix_ms\":%.3f,\"samples\":[%s],\"failures\":[%s]}\n",
              unix_ms(all.last_answer), quoted(all.answered).c_str(), quoted(all.failed).c_str());
}

}  // namespace
}  // namespace cb::bench

int main(int argc, char** argv) {
  using namespace cb::bench;
  const Options options = parse(argc, argv);
  Tally* const tallies = shared_tallies(options.processes + 1);
  for (std::uint32_t i = 0; i < options.processes; ++i) {
    const pid_t child = ::fork();
    if (child == 0) be_a_crowd(options, i, tallies[i]);
    if (child < 0) return std::perror("bench-load: fork"), 1;
  }
  const bool well = wait_for_all(options, tallies);
  Tally& all = tallies[options.processes];
  for (std::uint32_t i = 0; i < options.processes; ++i) all.add(tallies[i]);
  print(options, all);
  return well ? 0 : 1;
}
