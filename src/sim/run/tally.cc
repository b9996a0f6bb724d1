#include "sim/run/tally.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "base/text.h"
#include "core/model/cloud.h"

namespace cb::sim {
namespace {

constexpr std::string_view kAnswerKinds[] = {"address",  "ok",        "refused",    "status",
                                             "overview", "instances", "terminated", "nothing-to-do",
                                             "failed"};
constexpr int kErrorClasses = static_cast<int>(core::FailureClass::kUnexpected) + 1;

std::string word(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

using Counts = std::map<std::string, std::uint64_t>;

void add_all(Counts& to, const Counts& from) {
  for (const auto& [name, count] : from) to[name] += count;
}

void write(std::ostream& out, const Counts& counts) {
  out << ' ' << counts.size();
  for (const auto& [name, count] : counts) out << ' ' << word(name) << ' ' << count;
}

Counts read(std::istream& in) {
  Counts counts;
  std::size_t size = 0;
  in >> size;
  for (std::string name; size != 0 && in >> name; --size) in >> counts[name];
  return counts;
}

}  // namespace

void Tally::orphan(const Orphan& one) {
  if (one.seconds > worst_orphan.seconds) worst_orphan = one;
}

void Tally::unexcused(const Unexcused& one) {
  const Unexcused& worst = worst_unexcused;
  if (one.seconds * worst.bound > worst.seconds * one.bound) worst_unexcused = one;
}

void Tally::add(const Tally& other) {
  worlds += other.worlds;
  worlds_that_launched += other.worlds_that_launched;
  events += other.events;
  virtual_seconds += other.virtual_seconds;
  instances += other.instances;
  billed_seconds += other.billed_seconds;
  billed += other.billed;
  for (std::size_t i = 0; i < kFaults; ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < kCrashPoints; ++i) crash_points[i] += other.crash_points[i];
  add_all(error_classes, other.error_classes);
  add_all(answers, other.answers);
  orphan(other.worst_orphan);
  unexcused(other.worst_unexcused);
}

std::string Tally::encode() const {
  std::ostringstream out;
  out << worlds << ' ' << worlds_that_launched << ' ' << events << ' ' << virtual_seconds << ' '
      << instances << ' ' << billed_seconds << ' ' << billed.micro_dollars << ' '
      << worst_orphan.seconds << ' ' << worst_orphan.seed << ' ' << worst_orphan.cost.micro_dollars
      << ' ' << worst_unexcused.seconds << ' ' << worst_unexcused.bound << ' '
      << worst_unexcused.seed;
  for (const std::uint64_t count : faults) out << ' ' << count;
  for (const std::uint64_t count : crash_points) out << ' ' << count;
  write(out, error_classes);
  write(out, answers);
  return out.str();
}

Tally Tally::decode(const std::string& line) {
  std::istringstream in(line);
  Tally tally;
  in >> tally.worlds >> tally.worlds_that_launched >> tally.events >> tally.virtual_seconds >>
      tally.instances >> tally.billed_seconds >> tally.billed.micro_dollars >>
      tally.worst_orphan.seconds >> tally.worst_orphan.seed >>
      tally.worst_orphan.cost.micro_dollars >> tally.worst_unexcused.seconds >>
      tally.worst_unexcused.bound >> tally.worst_unexcused.seed;
  for (std::uint64_t& count : tally.faults) in >> count;
  for (std::uint64_t& count : tally.crash_points) in >> count;
  tally.error_classes = read(in);
  tally.answers = read(in);
  return tally;
}

std::string missing_coverage(const Tally& tally) {
  std::string out;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (tally.faults[i] == 0) out += str("fault ", fault_table()[i].name, " never struck\n");
  }
  for (std::size_t i = 0; i < kCrashPoints; ++i) {
    if (tally.crash_points[i] != 0) continue;
    out += str("crash point ", name_of(static_cast<CrashPoint>(i)), " was never reached\n");
  }
  for (int i = 0; i < kErrorClasses; ++i) {
    const std::string name = word(to_string(static_cast<core::FailureClass>(i)));
    if (!tally.error_classes.contains(name)) out += str("error class ", name, " never came\n");
  }
  for (const std::string_view kind : kAnswerKinds) {
    if (!tally.answers.contains(std::string(kind))) out += str("answer ", kind, " never given\n");
  }
  if (tally.worlds_that_launched * 10 < tally.worlds * 9) {
    out += str("only ", tally.worlds_that_launched, " of ", tally.worlds,
               " worlds launched a worker (9 of 10 must)\n");
  }
  return out;
}

std::string summary(const Tally& tally, double elapsed_seconds) {
  char line[160];
  std::snprintf(line, sizeof line, "%llu worlds in %.1f s: %.1f seeds/s, %.2f virtual years, ",
                static_cast<unsigned long long>(tally.worlds), elapsed_seconds,
                static_cast<double>(tally.worlds) / std::max(elapsed_seconds, 0.001),
                static_cast<double>(tally.virtual_seconds) / (365.25 * 86400));
  std::string out =
      str(line, tally.events, " events\n", tally.instances, " instances billed ",
          tally.billed_seconds, " s, ", to_string(tally.billed), "; ", tally.worlds_that_launched,
          " worlds launched\nworst orphan: ", tally.worst_orphan.seconds, " s, ",
          to_string(tally.worst_orphan.cost), " (seed ", tally.worst_orphan.seed,
          "); without its troubles: ", tally.worst_unexcused.seconds, " s of at most ",
          tally.worst_unexcused.bound, " (seed ", tally.worst_unexcused.seed, ")\nfaults:");
  for (std::size_t i = 0; i < kFaults; ++i) {
    out += str(" ", fault_table()[i].name, "=", tally.faults[i]);
  }
  out += "\ncrash points:";
  for (std::size_t i = 0; i < kCrashPoints; ++i) {
    out += str(" ", name_of(static_cast<CrashPoint>(i)), "=", tally.crash_points[i]);
  }
  out += "\nerror classes:";
  for (const auto& [name, count] : tally.error_classes) out += str(" ", name, "=", count);
  out += "\nanswers:";
  for (const auto& [name, count] : tally.answers) out += str(" ", name, "=", count);
  return out + "\n";
}

}  // namespace cb::sim
