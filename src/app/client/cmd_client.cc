// ping, status, pools and list: one command to the broker, one answer from it.

#include "app/client/cmd_client.h"

#include <memory>

#include "app/client/answer_tables.h"
#include "app/client/broker_client.h"
#include "app/client/overview.h"
#include "app/fold.h"
#include "base/ids.h"
#include "base/text.h"

namespace cb::app {
namespace {

void ping(const ShortOptions& options) {
  ask_broker(options.client.reach, str("PING ", options.address));
  if (options.client.json) return print_line("{\"ok\":true}");
  print_line(str(options.address, " is known; its idle timer begins anew"));
}

void status(const ShortOptions& options) {
  if (options.client.json) {
    const std::string answer = ask_broker(options.client.reach, "STATUS");
    status_table(answer);  // fails for what is no answer
    return print_line(answer);
  }
  const BrokerOverview overview = ask_overview(options.client.reach);
  print_line(folded(overview_lines(overview), columns_of(stdout)));
  if (!overview.ready.empty()) print_line("\n" + status_table(overview.ready_json));
}

void pools(const ShortOptions& options) {
  const std::string pools = ask_overview(options.client.reach).pools_json;
  if (pools.empty()) {
    throw Failure{kRefused, str("the broker at ", options.client.reach.broker,
                                " does not tell of its pools: it is an older version")};
  }
  const std::string shown = pools_table(pools);
  print_line(options.client.json ? pools : folded(shown, columns_of(stdout)));
}

void list(const ShortOptions& options) {
  const std::string answer = ask_broker(options.client.reach, "LIST_ALL");
  const std::string shown = list_table(answer);  // also fails for {"error":...}
  print_line(options.client.json ? answer : shown);
}

}  // namespace

CLI::App* add_short(CLI::App& app, int& exit_code, const CommandWords& words, ShortBody body) {
  CLI::App* const command = app.add_subcommand(words.name, words.what);
  const auto options = std::make_shared<ShortOptions>();
  add_client_options(*command, options->client);
  command->footer(str("Example:\n  ", words.example));
  command->callback([options, body, &exit_code] {
    with_json_errors(options->client, [&] { body(*options); });
    exit_code = kOk;
  });
  if (words.addressed) {
    command->add_option("IP", options->address, "The worker's address")
        ->required()
        ->check([](const std::string& text) {
          const bool one_word = cb::words(text).size() == 1 && text.size() < 256;
          return one_word ? std::string() : std::string("IP takes one address");
        });
  }
  if (words.leased) {
    command->add_option("--lease", options->lease, "Give back this lease on it, and nothing else")
        ->type_name("ID")
        ->check([](const std::string& text) {
          return cb::parse_lease_id(text)
                     ? std::string()
                     : std::string("--lease takes an id as get --json prints it");
        });
  }
  if (words.confirmed) {
    command->add_flag("--yes,-y", options->yes, "Do not ask, also on a terminal");
  }
  return command;
}

void add_ping(CLI::App& app, int& exit_code) {
  add_short(app, exit_code,
            {.name = "ping",
             .what = "Tells the broker that a worker is in use: its idle timer begins anew",
             .example = "compute-broker ping 198.51.100.7",
             .addressed = true},
            ping);
}

void add_status(CLI::App& app, int& exit_code) {
  add_short(app, exit_code,
            {.name = "status",
             .what = "Shows what is ready and when it would end, what is on its way, and what is "
                     "in the way",
             .example = "compute-broker status"},
            status);
}

void add_pools(CLI::App& app, int& exit_code) {
  add_short(app, exit_code,
            {.name = "pools",
             .what = "Shows what each pool offers, who waits for it, what there is of it, and what "
                     "is in the way",
             .example = "compute-broker pools"},
            pools);
}

void add_list(CLI::App& app, int& exit_code) {
  add_short(app, exit_code,
            {.name = "list",
             .what = "Shows every instance of the broker, as EC2 itself tells",
             .example = "compute-broker list --json"},
            list);
}

}  // namespace cb::app
