#include "ec2sim/control/control.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "ec2sim/api/query.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/api/service.h"
#include "ec2sim/control/instance_json.h"
#include "ec2sim/model/zones.h"
#include "ec2sim/settings/settings_values.h"

namespace cb::ec2sim {
namespace {

namespace json = boost::json;

// Thrown by the parts below, caught in answer_control().
struct ControlError {
  int status;
  std::string what;
};

struct Asked {
  Service& service;
  const HttpRequest& request;
  SimNow now;
  std::vector<std::string> path;  // behind /_sim
  Parameters query;
};

// An empty body is an empty object.
json::value body_of(const Asked& asked) {
  if (trim(asked.request.body).empty()) return json::object();
  boost::system::error_code bad;
  json::value value = json::parse(asked.request.body, bad);
  if (bad) throw ControlError{400, "The body is not JSON: " + bad.message() + "."};
  return value;
}

void only(const Asked& asked, std::string_view method) {
  const bool changes =
      method == "POST" && (asked.request.method == "PUT" || asked.request.method == "PATCH");
  if (asked.request.method != method && !changes) {
    throw ControlError{405, str("Use ", method, " for ", asked.request.target, ".")};
  }
}

template <class T>
T field(const json::value& body, std::string_view name, T otherwise) {
  try {
    Fields(body).field(name, otherwise).leave(name);
  } catch (const BadValue& bad) {
    throw ControlError{400, str("The body ", bad.what, ".")};
  }
  return otherwise;
}

json::value settings(const Asked& asked) {
  if (asked.request.method != "GET") {
    only(asked, "POST");
    const Status done = apply(asked.service.settings(), body_of(asked));
    if (!done) throw ControlError{400, done.error().what};
  }
  return to_json(asked.service.settings());
}

const Instance& named(const Asked& asked) {
  const Instance* instance = asked.service.instances().find_any(asked.path[1]);
  if (!instance) throw ControlError{404, str("There is no instance ", asked.path[1], ".")};
  return *instance;
}

const Instance& alive(const Asked& asked) {
  const Instance& instance = named(asked);
  if (!instance.alive(asked.now.boot)) {
    throw ControlError{409, str("The instance ", instance.id, " is ending or has ended.")};
  }
  return instance;
}

void interrupt(const Asked& asked) {
  const Instance& instance = alive(asked);
  if (!instance.order.spot) {
    throw ControlError{409, str("The instance ", instance.id, " is not a spot instance.")};
  }
  const Micros notice = field(body_of(asked), "notice", Micros{std::chrono::seconds{120}});
  asked.service.instances().interrupt(instance.ordinal, notice, asked.now);
}

// Whatever its service is asked waits for so long.
void busy(const Asked& asked) {
  const Micros time = field(body_of(asked), "for", Micros{std::chrono::minutes{1}});
  asked.service.instances().keep_busy(alive(asked).ordinal, later(asked.now.boot, time));
}

void end(const Asked& asked) {
  const Instance& instance = alive(asked);
  const auto code = field(body_of(asked), "code", std::string("Server.InternalError"));
  asked.service.instances().end(instance.ordinal, by_service(code), asked.now);
}

// {"Name": "mine", "compute-broker": null}: as a person edits tags, with rights of his own.
void edit_tags(const Asked& asked) {
  const Instance& instance = named(asked);
  const json::value body = body_of(asked);
  const json::object* const tags = body.if_object();
  if (tags == nullptr) throw ControlError{400, "The body must be an object of tags."};
  for (const auto& [key, value] : *tags) {
    const std::string name(key);
    if (value.is_null()) {
      asked.service.instances().untag(instance.ordinal, name);
    } else if (value.is_string()) {
      asked.service.instances().tag(instance.ordinal, name, std::string(value.as_string()));
    } else {
      throw ControlError{400, str("The value of the tag ", name, " must be text or null.")};
    }
  }
}

// As if `shutdown` had been called on the machine.
void shut_down(const Asked& asked) {
  const Instance& instance = alive(asked);
  const EndReason reason = by_service("Client.InstanceInitiatedShutdown");
  Instances& instances = asked.service.instances();
  if (instance.order.terminate_on_shutdown)
    return instances.end(instance.ordinal, reason, asked.now);
  instances.stop({instance.ordinal}, reason, asked.now);
}

void change_instance(const Asked& asked) {
  only(asked, "POST");
  const std::string& verb = asked.path[2];
  Instances& instances = asked.service.instances();
  if (verb == "interrupt") return interrupt(asked);
  if (verb == "end") return end(asked);
  if (verb == "shutdown") return shut_down(asked);
  if (verb == "stop") return instances.stop({alive(asked).ordinal}, user_initiated(), asked.now);
  if (verb == "start") return instances.start({alive(asked).ordinal}, asked.now);
  if (verb == "reboot") return instances.reboot(alive(asked).ordinal, asked.now);
  if (verb == "protect") return instances.protect(named(asked).ordinal, true);
  if (verb == "unprotect") return instances.protect(named(asked).ordinal, false);
  if (verb == "tags") return edit_tags(asked);
  if (verb == "kill") return instances.kill_service(alive(asked).ordinal);
  if (verb == "freeze") return instances.freeze_service(alive(asked).ordinal);
  if (verb == "thaw") return instances.thaw_service(alive(asked).ordinal);
  if (verb == "restart") return instances.restart_service(alive(asked).ordinal, asked.now.boot);
  if (verb == "busy") return busy(asked);
  throw ControlError{
      404, str("There is no \"", verb,
               "\"; there are interrupt, end, shutdown, stop, start, reboot, protect, unprotect, "
               "tags, kill, freeze, thaw, restart and busy.")};
}

json::value instances(const Asked& asked) {
  if (asked.path.size() == 3) change_instance(asked);
  if (asked.path.size() >= 2) return instance_json(named(asked), asked.now);
  only(asked, "GET");
  const auto state = asked.query.find("state");
  json::array all;
  for (const Instance& instance : asked.service.instances().all()) {
    const auto name = to_string(state_at(instance, asked.now.boot));
    if (state != asked.query.end() && state->second != name) continue;
    all.push_back(instance_json(instance, asked.now));
  }
  return {{"instances", all}};
}

json::value ledger(const Asked& asked) {
  only(asked, "GET");
  Money total;
  std::int64_t billed = 0;
  json::array lines;
  for (const Instance& instance : asked.service.instances().all()) {
    if (instance.stranger) continue;
    const Bill bill = bill_of(instance, asked.now.boot);
    total += bill.cost;
    billed += bill.billed.count();
    json::object line{{"id", instance.id},
                      {"type", instance.order.type},
                      {"spot", instance.order.spot},
                      {"hourly_dollars", double(instance.hourly.micro_dollars) / 1e6}};
    for (auto& [name, value] : bill_json(instance, asked.now)) line[name] = value;
    lines.push_back(std::move(line));
  }
  return {{"instances", lines},
          {"billed_seconds", billed},
          {"micro_dollars", total.micro_dollars},
          {"dollars", double(total.micro_dollars) / 1e6}};
}

json::value counters(const Asked& asked) {
  if (asked.path.size() == 2 && asked.path[1] == "reset") {
    only(asked, "POST");
    asked.service.calls().reset();
  }
  return asked.service.calls().counters();
}

json::value calls(const Asked& asked) {
  only(asked, "GET");
  const auto after = asked.query.find("after");
  const auto number = after == asked.query.end() ? 0 : parse_int(after->second).value_or(0);
  return {{"calls", asked.service.calls().calls(static_cast<std::uint64_t>(number))}};
}

json::value zones(const Asked& asked) {
  only(asked, "GET");
  if (asked.path.size() < 2) throw ControlError{404, "Name a region: /_sim/zones/us-east-1."};
  json::object all;
  for (const std::string& zone : zones_of(asked.service.settings(), asked.path[1])) {
    all[zone] = {{"subnet", subnet_of(zone)}, {"zone_id", zone_id(zone)}};
  }
  return {{"zones", all}};
}

json::value clear(const Asked& asked) {
  only(asked, "POST");
  asked.service.clear();
  return json::object();
}

json::value clock(const Asked& asked) {
  only(asked, "GET");
  return {{"boot_us", asked.now.boot.count()}, {"wall_us", asked.now.wall.count()}};
}

json::value overview(const Asked& asked) {
  only(asked, "GET");
  json::object states;
  for (const Instance& instance : asked.service.instances().all()) {
    if (instance.stranger) continue;
    const auto name = to_string(state_at(instance, asked.now.boot));
    auto& count = states[json::string_view(name.data(), name.size())];
    count = count.is_null() ? 1 : count.get_int64() + 1;
  }
  return {{"instances", states}, {"counters", asked.service.calls().counters()}};
}

struct Path {
  std::string_view name;
  json::value (*answer)(const Asked&);
};
constexpr Path kPaths[] = {
    {"", overview},     {"settings", settings}, {"instances", instances},
    {"ledger", ledger}, {"counters", counters}, {"calls", calls},
    {"zones", zones},   {"clear", clear},       {"clock", clock},
};

json::value answer(const Asked& asked) {
  const std::string_view first = asked.path.empty() ? "" : std::string_view(asked.path[0]);
  for (const Path& path : kPaths) {
    if (path.name == first && asked.path.size() <= 3) return path.answer(asked);
  }
  throw ControlError{404, str("There is nothing at ", asked.request.target,
                              "; see /_sim/settings, instances, ledger, counters, calls, zones, "
                              "clear and clock.")};
}

Asked parse(Service& service, const HttpRequest& request, SimNow now) {
  Asked asked{service, request, now, {}, {}};
  for (const auto part : split(path_of(request).substr(1), '/')) {
    if (!part.empty()) asked.path.emplace_back(part);
  }
  asked.path.erase(asked.path.begin());  // "_sim"
  for (auto& [name, value] : parse_form(query_of(request))) asked.query[name] = value;
  return asked;
}

}  // namespace

HttpAnswer answer_control(Service& service, const HttpRequest& request, SimNow now) {
  HttpAnswer reply;
  reply.content_type = "application/json";
  try {
    reply.body = json::serialize(answer(parse(service, request, now))) + "\n";
  } catch (const ControlError& error) {
    reply.status = error.status;
    reply.body = json::serialize(json::object{{"error", error.what}}) + "\n";
  } catch (const Refusal& refusal) {
    reply.status = 400;
    reply.body = json::serialize(json::object{{"error", refusal.message}}) + "\n";
  }
  return reply;
}

}  // namespace cb::ec2sim
