#include "app/client/answer_tables.h"

#include "app/client/client_options.h"
#include "base/text.h"
#include "base/time.h"

namespace cb::app {

namespace json = boost::json;

json::value parsed_answer(const std::string& answer) {
  boost::system::error_code error;
  json::value value = json::parse(answer, error);
  if (error) {
    throw Failure{kRefused, str("the broker's answer is not JSON: ", answer.substr(0, 200),
                                "; is it a compute broker?")};
  }
  if (const json::object* object = value.if_object()) {
    const json::value* const why = object->if_contains("error");
    if (why != nullptr && why->is_string()) throw Failure{kRefused, std::string(why->as_string())};
  }
  return value;
}

namespace {

const json::array& rows_of(const json::value& answer) {
  if (const json::array* array = answer.if_array()) return *array;
  throw Failure{kRefused, "the broker's answer is not a list of workers; is it a compute broker?"};
}

std::string text_of(const json::value& row, std::string_view key) {
  const json::object* const object = row.if_object();
  const json::value* const field = object != nullptr ? object->if_contains(key) : nullptr;
  if (field == nullptr || field->is_null()) return "-";
  if (field->is_string()) return field->as_string().empty() ? "-" : std::string(field->as_string());
  return json::serialize(*field);
}

// A number of seconds as "12m30s".
std::string seconds_of(const json::value& row, std::string_view key) {
  const auto number = parse_int(text_of(row, key));
  return number ? to_string(seconds{*number}) : "-";
}

// "-" where it is not known.
std::string yes_or_no(const json::value& row, std::string_view key) {
  const std::string text = text_of(row, key);
  return text == "true" ? "yes" : text == "false" ? "no" : text;
}

std::string words_of(const json::value& row, std::string_view key) {
  const json::object* const object = row.if_object();
  const json::value* const field = object != nullptr ? object->if_contains(key) : nullptr;
  if (field == nullptr || !field->is_array()) return "-";
  std::vector<std::string> words;
  for (const json::value& each : field->as_array()) {
    if (each.is_string()) words.emplace_back(each.as_string());
  }
  return words.empty() ? "-" : join(words, ", ");
}

std::string number_of(const json::value& row, std::string_view key) {
  const json::object* const object = row.if_object();
  const json::value* const field = object != nullptr ? object->if_contains(key) : nullptr;
  return field == nullptr || !field->is_array() ? "-" : std::to_string(field->as_array().size());
}

// What a pool's warm windows want: "1 worker until 2026-11-27T23:00:00Z (* 08:00-18:00 UTC)".
std::string warm_line(const json::value& warm) {
  const std::string schedule = text_of(warm, "schedule"), trouble = text_of(warm, "trouble");
  if (schedule == "-") return "no window is near";
  const bool suspended = text_of(warm, "suspended") == "true";
  const std::string workers = suspended ? "0" : text_of(warm, "workers");
  const bool now = text_of(warm, "now") == "true";
  return str(workers, workers == "1" ? " worker" : " workers",
             now ? "" : str(" from ", text_of(warm, "from")), " until ", text_of(warm, "until"),
             " (", schedule, ")", suspended ? ", since TERMINATE_ALL came within this window" : "",
             trouble == "-" ? "" : str("; there are fewer: ", trouble));
}

constexpr const char* kNone = "no workers";

}  // namespace

std::string status_table(const std::string& answer) {
  const json::value value = parsed_answer(answer);
  std::vector<std::vector<std::string>> lines{{"ADDRESS", "INSTANCE", "TYPE", "MARKET", "ZONE",
                                               "IDLE", "BUSY", "ENDS IN", "HANDED OUT", "LEASES"}};
  for (const json::value& row : rows_of(value)) {
    lines.push_back({text_of(row, "ip"), text_of(row, "instance_id"), text_of(row, "instance_type"),
                     text_of(row, "market"), text_of(row, "zone"), seconds_of(row, "idle_seconds"),
                     yes_or_no(row, "busy"), seconds_of(row, "will_terminate_in"),
                     text_of(row, "handed_out"), number_of(row, "leases")});
  }
  return lines.size() == 1 ? kNone : table(lines);
}

std::string pools_table(const std::string& pools) {
  const json::value value = parsed_answer(pools);
  std::vector<std::vector<std::string>> lines{
      {"POOL", "CORES", "READY", "COMING", "WAITING", "TYPES"}};
  std::string notes;
  for (const json::value& row : rows_of(value)) {
    lines.push_back({text_of(row, "pool"), text_of(row, "cores"), text_of(row, "ready"),
                     text_of(row, "coming"), text_of(row, "waiting"),
                     words_of(row, "instance_types")});
    const std::string trouble = text_of(row, "trouble");
    if (trouble != "-") notes += str("\n", text_of(row, "pool"), ": ", trouble);
    const json::value* const warm = row.is_object() ? row.as_object().if_contains("warm") : nullptr;
    if (warm == nullptr || !warm->is_object()) continue;
    notes += str("\n", text_of(row, "pool"), " is kept warm: ", warm_line(*warm));
  }
  return str(table(lines), notes.empty() ? "" : "\n", notes);
}

std::string list_table(const std::string& answer) {
  const json::value value = parsed_answer(answer);
  std::vector<std::vector<std::string>> lines{
      {"ADDRESS", "INSTANCE", "TYPE", "MARKET", "ZONE", "STATE", "LAUNCHED"}};
  for (const json::value& row : rows_of(value)) {
    lines.push_back({text_of(row, "ip"), text_of(row, "instance_id"), text_of(row, "instance_type"),
                     text_of(row, "market"), text_of(row, "zone"), text_of(row, "state"),
                     text_of(row, "launch_time")});
  }
  return lines.size() == 1 ? kNone : table(lines);
}

std::vector<std::string> terminated_ids(const std::string& answer) {
  const json::value value = parsed_answer(answer);
  const json::object* const object = value.if_object();
  const json::value* const ids = object != nullptr ? object->if_contains("terminated") : nullptr;
  std::vector<std::string> out;
  if (ids == nullptr || !ids->is_array()) return out;
  for (const json::value& id : ids->as_array()) {
    out.push_back(id.is_string() ? std::string(id.as_string()) : json::serialize(id));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> refused_ends(const std::string& answer) {
  const json::value value = parsed_answer(answer);
  const json::object* const object = value.if_object();
  const json::value* const rows = object != nullptr ? object->if_contains("refused") : nullptr;
  std::vector<std::pair<std::string, std::string>> out;
  if (rows == nullptr || !rows->is_array()) return out;
  for (const json::value& row : rows->as_array()) {
    out.emplace_back(text_of(row, "instance_id"), text_of(row, "why"));
  }
  return out;
}

}  // namespace cb::app
