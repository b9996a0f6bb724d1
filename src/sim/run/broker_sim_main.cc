// broker-sim: see docs/simulation.md.

#include <iostream>

#include "base/text.h"
#include "sim/commit.h"
#include "sim/run/command_line.h"
#include "sim/run/runner.h"

namespace {

using namespace cb::sim;

std::string_view program = "broker-sim";

std::string replay(const SeedFailure& failure, const Command& command, const Narrowing& narrowing) {
  std::string line = cb::str(program, " --seed ", failure.seed, narrowing.flags());
  // What differs between two runs is not seen in one.
  if (failure.rule == kDigestRule) {
    return line + (command.second == kThisProgram ? " --twice" : " --against " + command.second);
  }
  return line + " --trace";
}

void report(const SeedFailure& failure, const Command& command, const Narrowing& narrowing) {
  std::cout << "seed " << failure.seed << " breaks rule " << failure.rule << '\n'
            << "  " << failure.what << '\n'
            << "  commit " << BROKER_COMMIT << '\n'
            << "  replay: " << replay(failure, command, narrowing) << '\n';
}

int run_one(const Command& command) {
  const Outcome outcome =
      run_world(command.first_seed, command.narrowing, command.trace ? &std::cout : nullptr);
  if (!outcome.failure) {
    std::cout << "seed " << command.first_seed << " holds, digest " << outcome.digest << '\n';
    return 0;
  }
  const std::string what = cb::str("at ", outcome.failure->when, ": ", outcome.failure->what);
  const Narrowing narrowing = command.shrink ? shrink(command.first_seed, command.narrowing,
                                                      outcome.failure->rule, std::cerr)
                                             : command.narrowing;
  report({command.first_seed, outcome.failure->rule, what}, command, narrowing);
  return 1;
}

// Seed after seed, until one breaks the rule that is expected.
int find_broken(const Command& command) {
  Tally tally;
  for (std::uint64_t seed = command.first_seed; seed <= command.last_seed; ++seed) {
    const auto failure = run_seed(seed, command, tally);
    if (!failure) continue;
    report(*failure, command, command.narrowing);
    if (failure->rule == command.expect) return 0;
  }
  std::cout << "rule " << command.expect << " was not found broken in " << tally.worlds
            << " worlds\n";
  return 1;
}

int run_many(const Command& command) {
  const SwarmResult result = run_swarm(command, std::cerr);
  for (const SeedFailure& failure : result.failures) {
    report(failure, command, command.narrowing);
  }
  std::cout << summary(result.tally, result.elapsed_seconds) << result.failures.size() << " of "
            << result.tally.worlds << " worlds break a rule\n";
  const std::string missing = command.require_coverage ? missing_coverage(result.tally) : "";
  std::cout << missing;
  return result.failures.empty() && missing.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  program = argv[0];
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  const auto command = parse_command(arguments);
  if (!command) {
    std::cerr << "broker-sim: " << command.error().what << "\n\n" << kUsage;
    return 2;
  }
  if (!command->expect.empty()) return find_broken(*command);
  if (command->single && command->second.empty()) return run_one(*command);
  return run_many(*command);
}
