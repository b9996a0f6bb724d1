#include "wire/text_answers.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/text.h"
#include "wire/json_text.h"

namespace cb::wire {
namespace {

std::int64_t whole_seconds(Duration d) {
  return std::max<std::int64_t>(0, std::chrono::floor<seconds>(d).count());
}

void show_time(JsonText& json, const std::optional<WallTime>& time) {
  json.key("launch_time");
  if (time) {
    json.string(iso8601(*time));
  } else {
    json.null();
  }
}

void show(JsonText& json, const core::LeaseRow& row) {
  json.begin_object().key("lease").string(to_text(row.lease)).key("client").string(row.client);
  json.key("seconds").number(whole_seconds(row.since)).key("connected").boolean(row.connected);
  json.key("ends_in").number(whole_seconds(row.ends_in));
  if (row.cores != 0) json.key("cores").number(row.cores);
  if (row.alone) json.key("exclusive").boolean(true);
  json.end_object();
}

// The fields that clients in the field read come first; more may follow.
void show(JsonText& json, const core::StatusRow& row) {
  json.begin_object().key("instance_id").string(row.instance.value).key("ip").string(row.address);
  json.key("idle_seconds").number(whole_seconds(row.idle)).key("will_terminate_in");
  if (row.ends_in) {
    json.number(whole_seconds(*row.ends_in));
  } else {
    json.null();
  }
  json.key("pool").string(row.pool.value).key("instance_type").string(row.type);
  json.key("market").string(to_string(row.market)).key("zone").string(row.zone);
  show_time(json, row.launched);
  json.key("handed_out").number(row.handed_out).key("busy");
  if (row.busy) {
    json.boolean(*row.busy);
  } else {
    json.null();
  }
  json.key("leases").begin_array();
  for (const core::LeaseRow& lease : row.leases) show(json, lease);
  json.end_array().end_object();
}

void show(JsonText& json, const core::OverviewRow& row, std::string_view what) {
  json.begin_object().key("instance_id");
  if (row.instance.value.empty()) {
    json.null();
  } else {
    json.string(row.instance.value);
  }
  json.key("ip").string(row.address.empty() ? "pending" : row.address);
  json.key("pool").string(row.pool.value).key("instance_type").string(row.type);
  json.key("since_seconds").number(whole_seconds(row.since)).key(what).string(row.what);
  json.end_object();
}

void show_text(JsonText& json, const std::string& text) {
  if (text.empty()) {
    json.null();
  } else {
    json.string(text);
  }
}

void show(JsonText& json, const std::optional<core::WarmRow>& row) {
  if (!row) return void(json.null());
  json.begin_object().key("workers").number(row->wanted).key("schedule");
  show_text(json, row->schedule);
  const bool near = !row->schedule.empty();
  json.key("from");
  show_text(json, near ? iso8601(row->from) : "");
  json.key("until");
  show_text(json, near ? iso8601(row->until) : "");
  json.key("now").boolean(row->holds).key("suspended").boolean(row->suspended).key("trouble");
  show_text(json, row->trouble);
  json.end_object();
}

void show(JsonText& json, const core::PoolRow& row) {
  json.begin_object().key("pool").string(row.pool.value).key("cores");
  if (row.cores == 0) {
    json.null();
  } else {
    json.number(row.cores);
  }
  json.key("instance_types").begin_array();
  for (const auto& type : row.types) json.string(type);
  json.end_array().key("waiting").number(row.waiting).key("ready").number(row.ready);
  json.key("coming").number(row.coming).key("trouble");
  show_text(json, row.trouble);
  json.key("warm");
  show(json, row.warm);
  json.end_object();
}

std::string line_of(const core::Overview& a) {
  JsonText json;
  json.begin_object().key("ready").begin_array();
  for (const auto& row : a.ready) show(json, row);
  json.end_array().key("coming").begin_array();
  for (const auto& row : a.coming) show(json, row, "state");
  json.end_array().key("ending").begin_array();
  for (const auto& row : a.ending) show(json, row, "why");
  json.end_array().key("waiting").number(a.waiting).key("troubles").begin_array();
  for (const auto& trouble : a.troubles) json.string(trouble);
  json.end_array().key("pools").begin_array();
  for (const auto& row : a.pools) show(json, row);
  return json.end_array().end_object().take();
}

void show(JsonText& json, const core::ListedInstance& listed) {
  const core::InstanceView& instance = listed.view;
  json.begin_object().key("instance_id").string(instance.id.value);
  json.key("instance_type").string(instance.type);
  json.key("ip").string(listed.address.empty() ? "pending" : listed.address);
  show_time(json, instance.launched);
  json.key("state").string(to_string(instance.state));
  json.key("market").string(to_string(instance.market)).key("zone").string(instance.zone);
  json.key("pool").string(instance.tag(core::kPoolTag)).end_object();
}

struct LineOf {
  std::string operator()(const core::WorkerAddress& a) const {
    return a.lease.none() ? a.address : str(a.address, " lease=", to_text(a.lease));
  }
  std::string operator()(const core::WorkerAddresses& a) const {
    std::vector<std::string> all;
    for (const core::WorkerAddress& one : a.workers) all.push_back((*this)(one));
    return join(all, " ");
  }
  std::string operator()(const core::Ok&) const { return "OK"; }
  std::string operator()(const core::Refused& a) const { return one_line(str("ERROR: ", a.why)); }
  std::string operator()(const core::StatusRows& a) const {
    JsonText json;
    json.begin_array();
    for (const auto& row : a.rows) show(json, row);
    return json.end_array().take();
  }
  std::string operator()(const core::Overview& a) const { return line_of(a); }
  std::string operator()(const core::AllInstances& a) const {
    JsonText json;
    json.begin_array();
    for (const auto& instance : a.instances) show(json, instance);
    return json.end_array().take();
  }
  std::string operator()(const core::TerminatedIds& a) const {
    JsonText json;
    json.begin_object();
    if (a.nothing_to_do) {
      return json.key("message").string("No workers to terminate").end_object().take();
    }
    json.key("terminated").begin_array();
    for (const auto& id : a.ids) json.string(id.value);
    json.end_array();
    if (!a.refused.empty()) {
      json.key("refused").begin_array();
      for (const auto& one : a.refused) {
        json.begin_object().key("instance_id").string(one.id.value);
        json.key("why").string(one.why).end_object();
      }
      json.end_array();
    }
    return json.end_object().take();
  }
  std::string operator()(const core::CommandFailed& a) const {
    return JsonText().begin_object().key("error").string(a.why).end_object().take();
  }
};

}  // namespace

std::string answer_line(const core::Answer& answer) {
  return std::visit(LineOf{}, answer);
}

std::string progress_line(const core::Progress& progress) {
  return one_line(str("# ", progress.text));
}

std::string notice_line(const core::Notice& notice) {
  return one_line(str("NOTICE ", notice.address, " ", notice.news));
}

std::string one_line(std::string_view text) {
  std::string line(text);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  std::replace_if(line.begin(), line.end(), control, ' ');
  return line;
}

}  // namespace cb::wire
