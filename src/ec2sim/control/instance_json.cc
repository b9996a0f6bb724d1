#include "ec2sim/control/instance_json.h"

#include <boost/json/array.hpp>

#include "ec2sim/model/capacity.h"

namespace cb::ec2sim {
namespace {

namespace json = boost::json;

void put_moment(json::object& object, const std::string& name, const Instance& instance,
                std::optional<Micros> moment) {
  const bool known = moment && *moment != kNever;
  object[name + "_us"] = known ? json::value(moment->count()) : json::value(nullptr);
  object[name + "_wall_ms"] =
      known ? json::value(wall_of(instance, *moment).count() / 1000) : json::value(nullptr);
}

std::optional<Micros> if_past(Micros moment, SimNow now) {
  return moment <= now.boot ? std::optional(moment) : std::nullopt;
}

std::string_view worker_state(Worker worker) {
  switch (worker) {
    case Worker::kNotStarted:
      return "not started";
    case Worker::kStarted:
      return "started";
    case Worker::kFrozen:
      return "frozen";
    case Worker::kGone:
      return "gone";
  }
  return "";
}

json::value text(std::string_view value) {
  return json::string(value.data(), value.size());
}

json::object tags_json(const Instance& instance) {
  json::object tags;
  for (const auto& [key, value] : instance.order.tags) tags[key] = value;
  return tags;
}

// Both what EC2 did by now and what really happened.
json::object moments_json(const Instance& instance, SimNow now) {
  const Times& times = instance.times;
  const Seen& seen = instance.seen;
  json::object moments;
  put_moment(moments, "accepted", instance, times.accepted);
  put_moment(moments, "running", instance, if_past(times.running, now));
  put_moment(moments, "port_open", instance, seen.port_open);
  put_moment(moments, "ready", instance, seen.ready);
  put_moment(moments, "first_answer", instance, seen.first_answer);
  put_moment(moments, "latest_answer", instance, seen.latest_answer);
  put_moment(moments, "first_listed", instance, seen.first_listed);
  put_moment(moments, "first_listed_ready", instance, seen.first_listed_ready);
  put_moment(moments, "notice", instance, if_past(times.notice, now));
  put_moment(moments, "ending", instance, if_past(times.ending, now));
  put_moment(moments, "ended", instance, if_past(times.ended, now));
  return moments;
}

}  // namespace

json::object bill_json(const Instance& instance, SimNow now) {
  const Bill bill = bill_of(instance, now.boot);
  return {{"billed_seconds", bill.billed.count()},
          {"micro_dollars", bill.cost.micro_dollars},
          {"dollars", double(bill.cost.micro_dollars) / 1e6}};
}

json::object instance_json(const Instance& instance, SimNow now) {
  const LaunchOrder& order = instance.order;
  json::object object{{"id", instance.id},
                      {"ordinal", instance.ordinal},
                      {"stranger", instance.stranger},
                      {"state", text(to_string(state_at(instance, now.boot)))},
                      {"worker", text(worker_state(instance.worker))},
                      {"address", instance.address},
                      {"region", order.region},
                      {"zone", instance.zone},
                      {"subnet", instance.subnet},
                      {"type", order.type},
                      {"market", text(market_of(order))},
                      {"image", order.image},
                      {"key_name", order.key_name},
                      {"profile", order.profile},
                      {"client_token", order.client_token},
                      {"user_data", order.user_data},
                      {"terminate_on_shutdown", order.terminate_on_shutdown},
                      {"tokens_required", order.tokens_required},
                      {"protected", instance.is_protected},
                      {"tags", tags_json(instance)}};
  const bool over = !instance.alive(now.boot);
  object["reason_code"] = over ? json::value(text(instance.reason_code)) : json::value(nullptr);
  for (auto& [name, value] : moments_json(instance, now)) object[name] = value;
  for (auto& [name, value] : bill_json(instance, now)) object[name] = value;
  return object;
}

}  // namespace cb::ec2sim
