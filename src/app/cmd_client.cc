// ping, release, status, list and terminate-all: one command to the broker, one answer from it.

#include "app/cmd_client.h"

#include <memory>

#include "app/answer_tables.h"
#include "app/client_options.h"
#include "base/text.h"

namespace cb::app {
namespace {

struct Short {
  ClientOptions client;
  std::string address;
};

struct Words {
  const char* name;
  const char* what;
  const char* footer;
};

// Adds a subcommand whose work is `body`.
CLI::App* add_short(CLI::App& app, int& exit_code, const Words& words,
                    const std::shared_ptr<Short>& options, const std::function<void()>& body) {
  CLI::App* const command = app.add_subcommand(words.name, words.what);
  add_client_options(*command, options->client);
  command->footer(str("Example:\n  ", words.footer));
  command->callback([options, body, &exit_code] {
    with_json_errors(options->client, body);
    exit_code = kOk;
  });
  return command;
}

void add_addressed(CLI::App& app, int& exit_code, const Words& words, const std::string& verb,
                   const std::string& done) {
  const auto options = std::make_shared<Short>();
  CLI::App* const command = add_short(app, exit_code, words, options, [options, verb, done] {
    ask_broker(options->client.reach, str(verb, ' ', options->address));
    if (options->client.json) return print_line("{\"ok\":true}");
    print_line(str(options->address, ' ', done));
  });
  command->add_option("IP", options->address, "The worker's address")
      ->required()
      ->check([](const std::string& text) {
        const bool one_word = cb::words(text).size() == 1 && text.size() < 256;
        return one_word ? std::string() : std::string("IP takes one address");
      });
}

using Show = std::string (*)(const std::string& answer);

void add_showing(CLI::App& app, int& exit_code, const Words& words, const std::string& verb,
                 Show show) {
  const auto options = std::make_shared<Short>();
  add_short(app, exit_code, words, options, [options, verb, show] {
    const std::string answer = ask_broker(options->client.reach, verb);
    const std::string shown = show(answer);  // also fails for {"error":...}
    print_line(options->client.json ? answer : shown);
  });
}

}  // namespace

void add_ping(CLI::App& app, int& exit_code) {
  add_addressed(app, exit_code,
                {"ping", "Tells the broker that a worker is in use: its idle timer begins anew",
                 "compute-broker ping 198.51.100.7"},
                "PING", "is known; its idle timer begins anew");
}

void add_release(CLI::App& app, int& exit_code) {
  add_addressed(app, exit_code,
                {"release", "Gives a worker back: it is terminated unless somebody else holds it",
                 "compute-broker release 198.51.100.7"},
                "RELEASE", "is released");
}

void add_status(CLI::App& app, int& exit_code) {
  add_showing(app, exit_code,
              {"status", "Shows the workers that are ready and when each would end",
               "compute-broker status"},
              "STATUS", status_table);
}

void add_list(CLI::App& app, int& exit_code) {
  add_showing(app, exit_code,
              {"list", "Shows every instance of the broker, as EC2 itself tells",
               "compute-broker list --json"},
              "LIST_ALL", list_table);
}

void add_terminate_all(CLI::App& app, int& exit_code) {
  add_showing(app, exit_code,
              {"terminate-all", "Ends every worker and every launch of the broker",
               "compute-broker terminate-all"},
              "TERMINATE_ALL", terminated_lines);
}

}  // namespace cb::app
