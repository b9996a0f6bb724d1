#include "app/client/cmd_get.h"

#include <unistd.h>

#include <array>
#include <memory>

#include "app/client/client_options.h"
#include "app/client/phase_line.h"
#include "base/text.h"
#include "wire/json_text.h"
#include "wire/text_protocol.h"

namespace cb::app {
namespace {

using wire::JsonText;

struct Get {
  ClientOptions client;
  WorkerWanted get;
};

std::string machine_name() {
  std::array<char, 64> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "compute-broker";
  return name.data();
}

std::string one_word(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) c = '-';
  }
  return name;
}

// Without it what needs a lease would be given back as soon as we have told its address.
void check_held(const WorkerWanted& wanted) {
  if (wanted.hold || (wanted.count == 1 && !wanted.alone)) return;
  throw Failure{kUsage, str(wanted.alone ? "--exclusive" : "--count",
                            " takes --hold TIME as well: how long what you get is kept for you")};
}

void show(JsonText& json, const WorkersGiven::One& worker) {
  json.begin_object().key("ip").string(worker.address);
  if (!worker.lease.empty()) json.key("lease").string(worker.lease);
  json.end_object();
}

void get(const Get& options) {
  check_held(options.get);
  const WorkersGiven given = get_and_show(options.client.reach, options.get);
  if (options.client.json) {
    JsonText json;
    if (options.get.count == 1) {
      show(json, given.workers.front());
    } else {
      json.begin_array();
      for (const auto& worker : given.workers) show(json, worker);
      json.end_array();
    }
    return print_line(json.take());
  }
  for (const auto& worker : given.workers) print_line(worker.address);
  if (::isatty(STDERR_FILENO) != 1) return;
  for (const auto& worker : given.workers) {
    if (worker.lease.empty()) continue;
    complain(str("the worker ", worker.address, " is held for ", to_string(*options.get.hold),
                 "; to give it back sooner: compute-broker release ", worker.address, " --lease ",
                 worker.lease));
  }
}

}  // namespace

void add_get_options(CLI::App& command, WorkerWanted& wanted) {
  add_duration(command, "--wait", wanted.wait, Duration{0}, hours{24},
               "How long to wait for a worker");
  command.add_option("--pool", wanted.pool, "Of which pool [default, or the first with the cores]")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return is_pool_name(name) ? std::string() : std::string("takes 1 to 32 of a-z, 0-9, -");
      });
  command.add_option("--cores", wanted.cores, "How many cores (vCPUs) it has at least")
      ->type_name("N")
      ->check(CLI::Range(1, wire::kCoresMax).description(""));
  const auto word = [](const std::string& text) {
    const bool blank = text.find_first_of(" \t\r\n=") != text.npos;
    return text.empty() || blank ? std::string("takes one word") : std::string();
  };
  command.add_option("--type", wanted.type, "The type of its machine, such as c7i.16xlarge")
      ->type_name("TYPE")
      ->check(word);
  command.add_option("--market", wanted.market, "spot or on-demand [as the pool has it]")
      ->type_name("MARKET")
      ->check(CLI::IsMember({"spot", "on-demand"}).description(""));
  command.add_option("--region", wanted.region, "Where it is, such as us-east-1")
      ->type_name("REGION")
      ->check(word);
  command.add_option("--count", wanted.count, "So many workers, or none")
      ->type_name("N")
      ->check(CLI::Range(1, wire::kCountMax).description(""));
  command.add_flag("--exclusive", wanted.alone, "With nobody else on it, in whatever pool");
  command.add_option("--client", wanted.client, "Our name in the broker's log [this machine's]")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return name.size() <= 64 ? std::string() : std::string("takes at most 64 bytes");
      });
}

WorkersGiven get_and_show(const BrokerOptions& reach, WorkerWanted wanted) {
  wanted.client = one_word(wanted.client.empty() ? machine_name() : wanted.client);
  PhaseLine line;
  return get_workers(reach, wanted, [&](const std::string& phase) { line.show(phase); });
}

void add_get(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("get", "Prints the address of a worker that answers");
  const auto options = std::make_shared<Get>();
  add_client_options(*command, options->client);
  add_get_options(*command, options->get);
  command
      ->add_option_function<std::string>(
          "--hold",
          [options](const std::string& text) { options->get.hold = *parse_duration(text); },
          "Keep it for so long: nobody else's release ends it, nor is it idle")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        const auto hold = parse_duration(text);
        const bool good = hold && *hold >= wire::kHoldMin && *hold <= wire::kHoldMax;
        return good ? std::string() : std::string("takes a time such as 20m, from 1s to 30d");
      });
  command->footer("Example:\n  ip=$(compute-broker get --broker lab-server:9000)");
  command->callback([options, &exit_code] {
    with_json_errors(options->client, [&] { get(*options); });
    exit_code = kOk;
  });
}

}  // namespace cb::app
