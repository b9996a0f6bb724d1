#include "app/client/overview.h"

#include <boost/json.hpp>

#include "app/client/answer_tables.h"
#include "base/text.h"

namespace cb::app {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& row, std::string_view key) {
  const json::value* const field = row.if_contains(key);
  return field != nullptr && field->is_string() ? std::string(field->as_string()) : "";
}

std::int64_t number_at(const json::object& row, std::string_view key) {
  const json::value* const field = row.if_contains(key);
  return field != nullptr && field->is_int64() ? field->as_int64() : 0;
}

std::vector<OverviewWorker> workers_of(const json::value* rows) {
  std::vector<OverviewWorker> out;
  if (rows == nullptr || !rows->is_array()) return out;
  for (const json::value& value : rows->as_array()) {
    const json::object* const row = value.if_object();
    if (row == nullptr) continue;
    const std::string address = text_at(*row, "ip");
    const std::string why = text_at(*row, "why");
    const json::value* const leases = row->if_contains("leases");
    out.push_back(
        {.address = address == "pending" ? "" : address,
         .instance = text_at(*row, "instance_id"),
         .pool = text_at(*row, "pool"),
         .type = text_at(*row, "instance_type"),
         .since_s = number_at(*row, "since_seconds"),
         .leases = leases != nullptr && leases->is_array() ? leases->as_array().size() : 0,
         .state = why.empty() ? text_at(*row, "state") : why});
  }
  return out;
}

BrokerOverview read_overview(const json::object& all) {
  BrokerOverview out;
  out.ready = workers_of(all.if_contains("ready"));
  out.coming = workers_of(all.if_contains("coming"));
  out.ending = workers_of(all.if_contains("ending"));
  out.waiting = number_at(all, "waiting");
  if (const json::value* const troubles = all.if_contains("troubles")) {
    for (const json::value& each : troubles->is_array() ? troubles->as_array() : json::array()) {
      if (each.is_string()) out.troubles.emplace_back(each.as_string());
    }
  }
  const json::value* const ready = all.if_contains("ready");
  out.ready_json = ready != nullptr ? json::serialize(*ready) : "[]";
  const json::value* const pools = all.if_contains("pools");
  if (pools != nullptr) out.pools_json = json::serialize(*pools);
  return out;
}

// "3 on their way: i-0abc booting since 12s, launching since 1s".
std::string coming_text(const std::vector<OverviewWorker>& coming) {
  if (coming.empty()) return "";
  std::vector<std::string> each;
  for (const OverviewWorker& worker : coming) {
    each.push_back(str(worker.instance, worker.instance.empty() ? "" : " ", worker.state, " since ",
                       to_string(seconds{worker.since_s})));
  }
  return str(", ", coming.size(), coming.size() == 1 ? " on its way (" : " on their way (",
             join(each, ", "), ')');
}

}  // namespace

std::string OverviewWorker::name() const {
  const std::string known = str(instance, instance.empty() || type.empty() ? "" : ", ", type);
  if (address.empty()) return instance.empty() ? str("a launch of ", type) : known;
  return known.empty() ? address : str(address, " (", known, ')');
}

BrokerOverview ask_overview(const BrokerOptions& options) {
  std::string answer;
  try {
    answer = ask_broker(options, "STATUS all");
  } catch (const Failure& failure) {
    if (failure.exit_code != kRefused || failure.what != "Unknown command") throw;
    answer = str("{\"ready\":", ask_broker(options, "STATUS"), '}');
  }
  const json::value value = parsed_answer(answer);
  if (value.is_array()) return read_overview({{"ready", value}});
  if (const json::object* const all = value.if_object()) return read_overview(*all);
  throw Failure{kRefused, "the broker's answer is no overview; is it a compute broker?"};
}

std::string overview_lines(const BrokerOverview& overview) {
  std::string line = str(overview.ready.size(), " ready", coming_text(overview.coming));
  if (!overview.ending.empty()) line += str(", ", overview.ending.size(), " ending");
  if (overview.waiting != 0) {
    line += str(", ", overview.waiting, overview.waiting == 1 ? " caller waits" : " callers wait");
  }
  for (const std::string& trouble : overview.troubles) line += str("\ntrouble: ", trouble);
  return line;
}

}  // namespace cb::app
