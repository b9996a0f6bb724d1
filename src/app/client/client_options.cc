#include "app/client/client_options.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <numeric>

#include "app/client/client_conf.h"
#include "app/fold.h"
#include "base/text.h"
#include "wire/json_text.h"

namespace cb::app {

void add_client_options(CLI::App& command, ClientOptions& options, Json json) {
  const CLI::Option* const broker =
      command
          .add_option("--broker", options.reach.broker,
                      "Where the broker is; client.conf may say it for all clients")
          ->type_name("HOST:PORT")
          ->envname("COMPUTE_BROKER")
          ->capture_default_str();
  command.parse_complete_callback([&options, broker] {
    if (!broker->empty()) return;
    with_json_errors(options, [&options] {
      if (auto named = broker_named_in(client_conf_files())) options.reach.broker = *named;
    });
  });
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
      throw Failure{failure.exit_code, ""};
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
  const std::string line = str("compute-broker: ", sentence);
  std::fprintf(stderr, "%s\n", folded(line, columns_of(stderr)).c_str());
}

namespace {

// Where the table is too wide: each row as its first entry, and below it the others with their
// headings.
std::string records(const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  std::string out;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    std::string line;
    out += (out.empty() ? "" : "\n") + rows[r][0];
    for (std::size_t i = 1; i < rows[r].size(); ++i) {
      const std::string entry = str(lower(rows[0][i]), ' ', rows[r][i]);
      if (!line.empty() && line.size() + 2 + entry.size() >= columns) {
        out += str("\n", line, ',');
        line.clear();
      }
      line += (line.empty() ? "  " : ", ") + entry;
    }
    out += "\n" + line;
  }
  return out;
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.empty() ? 0 : rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const std::size_t columns = columns_of(stdout);
  const std::size_t needed = std::accumulate(widths.begin(), widths.end(), 2 * widths.size());
  if (columns != 0 && needed > columns + 2) return records(rows, columns);
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
