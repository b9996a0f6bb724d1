#include "app/client_options.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "wire/json_text.h"

namespace cb::app {

void add_client_options(CLI::App& command, ClientOptions& options, Json json) {
  command.add_option("--broker", options.reach.broker, "Where the broker is")
      ->type_name("HOST:PORT")
      ->envname("COMPUTE_BROKER")
      ->capture_default_str();
  add_duration(command, "--timeout", options.reach.answer_timeout, milliseconds{100}, hours{1},
               "How long to wait for the answer to one command");
  if (json == Json::kYes) {
    command.add_flag("--json", options.json, "One line of JSON for scripts; errors as well");
  }
}

void add_duration(CLI::App& command, const std::string& name, Duration& value, Duration min,
                  Duration max, const std::string& doc) {
  const auto read = [&value, min, max, name](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || *duration < min || *duration > max) {
      throw CLI::ValidationError(name, str("takes a time with its unit from ", to_string(min),
                                           " to ", to_string(max), ", such as 90s, not ", text));
    }
    value = *duration;
  };
  command.add_option_function<std::string>(name, read, doc)
      ->type_name("TIME")
      ->default_str(to_string(value));
}

void with_json_errors(const ClientOptions& options, const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure& failure) {
    if (options.json) {
      wire::JsonText json;
      print_line(json.begin_object().key("error").string(failure.what).end_object().take());
    }
    throw;
  }
}

void print_line(const std::string& line) {
  std::fputs(str(line, '\n').c_str(), stdout);
  if (std::fflush(stdout) != 0) {
    throw Failure{kRefused, "the answer could not be written to stdout; is its reader gone?"};
  }
}

void complain(const std::string& sentence) {
  std::fprintf(stderr, "compute-broker: %s\n", sentence.c_str());
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] + 2 - row[i].size(), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += (out.empty() ? "" : "\n") + line;
  }
  return out;
}

}  // namespace cb::app
