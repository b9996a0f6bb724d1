#include "sim/run/command_line.h"

#include "base/text.h"

namespace cb::sim {

const std::string_view kUsage =
    R"(broker-sim: whole worlds around the broker, each from one seed

  broker-sim --seed N [--trace]       one world; with --trace its timeline
  broker-sim --seed N --shrink        look for a smaller world that fails the same way
  broker-sim --seeds A..B [--jobs J]  many worlds and a summary (J processes, default 1)

  --twice                every world again in a process of its own: the digests must be equal
  --against PROGRAM      the same, by another broker-sim
  --require-coverage     fail when a fault, crash point, error class or kind of answer never came
  --clients N            drawn from 1, 2, 8, 50 and 200 by default
  --hours N              of the first phase, 24 by default
  --without NAME,...     leave these faults out (names: any summary)
  --only NAME,...        leave all others out; none: leave all out
  --expect RULE          stop with success at the first seed that breaks this rule, by its whole
                         name, and fail when none does

Exit status: 0 all rules held (with --expect: one was broken), 1 not so, 2 bad arguments.
)";

namespace {

class Parser {
 public:
  explicit Parser(const std::vector<std::string_view>& arguments) : arguments_(arguments) {}

  Result<Command> parse() {
    while (next_ < arguments_.size() && trouble_.empty()) take(arguments_[next_++]);
    if (trouble_.empty() && !have_seeds_) trouble_ = "say --seed N or --seeds A..B";
    if (!trouble_.empty()) return Error{trouble_};
    return command_;
  }

 private:
  std::string_view value(std::string_view name) {
    if (next_ < arguments_.size()) return arguments_[next_++];
    trouble_ = str(name, " needs a value");
    return {};
  }
  std::int64_t number(std::string_view name, std::string_view text, std::int64_t least) {
    const auto n = parse_int(text);
    if (n && *n >= least) return *n;
    trouble_ = str(name, " needs a whole number from ", least, ", not \"", text, "\"");
    return least;
  }
  std::int64_t number(std::string_view name, std::int64_t least) {
    return number(name, value(name), least);
  }
  void seeds(std::string_view text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) {
      trouble_ = "--seeds needs A..B";
      return;
    }
    command_.first_seed = static_cast<std::uint64_t>(number("--seeds", text.substr(0, dots), 0));
    command_.last_seed = static_cast<std::uint64_t>(
        number("--seeds", text.substr(dots + 2), static_cast<std::int64_t>(command_.first_seed)));
    have_seeds_ = true;
  }
  void seed() {
    command_.first_seed = command_.last_seed = static_cast<std::uint64_t>(number("--seed", 0));
    command_.single = have_seeds_ = true;
  }
  std::set<Fault> faults(std::string_view names) {
    std::set<Fault> out;
    for (const std::string_view name : split(names, ',')) {
      const auto fault = parse_fault(name);
      if (!fault) trouble_ = str("there is no fault \"", name, "\"");
      if (fault) out.insert(*fault);
    }
    return out;
  }
  void without(std::string_view names) { command_.narrowing.without.merge(faults(names)); }
  void only(std::string_view names) {
    const std::set<Fault> wanted = names == "none" ? std::set<Fault>{} : faults(names);
    for (const FaultRow& one : fault_table()) {
      if (!wanted.contains(one.fault)) command_.narrowing.without.insert(one.fault);
    }
  }
  void take(std::string_view name) {
    if (name == "--seed") return seed();
    if (name == "--seeds") return seeds(value(name));
    if (name == "--jobs") return void(command_.jobs = static_cast<int>(number(name, 1)));
    if (name == "--trace") return void(command_.trace = true);
    if (name == "--shrink") return void(command_.shrink = true);
    if (name == "--twice") return void(command_.second = kThisProgram);
    if (name == "--against") return void(command_.second = value(name));
    if (name == "--require-coverage") return void(command_.require_coverage = true);
    if (name == "--expect") return void(command_.expect = value(name));
    if (name == "--without") return without(value(name));
    if (name == "--only") return only(value(name));
    if (name == "--clients") {
      return void(command_.narrowing.clients = static_cast<int>(number(name, 1)));
    }
    if (name == "--hours") return void(command_.narrowing.length = hours{number(name, 1)});
    trouble_ = str("unknown argument \"", name, "\"");
  }

  const std::vector<std::string_view>& arguments_;
  std::size_t next_ = 0;
  Command command_;
  std::string trouble_;
  bool have_seeds_ = false;
};

}  // namespace

Result<Command> parse_command(const std::vector<std::string_view>& arguments) {
  return Parser(arguments).parse();
}

}  // namespace cb::sim
