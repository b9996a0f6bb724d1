#include "probe_json.h"

#include <boost/json/array.hpp>

namespace cb::aws_probe {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(iso8601(*time)) : json::value(nullptr);
}

wire::Headers pairs_at(const json::object& object, const char* key) {
  wire::Headers out;
  for (const json::value& pair : object.at(key).as_array()) {
    out.emplace_back(pair.at(0).as_string().c_str(), pair.at(1).as_string().c_str());
  }
  return out;
}

}  // namespace

std::string text_at(const json::object& object, const char* key) {
  const json::value* found = object.if_contains(key);
  return found ? std::string(found->as_string()) : std::string();
}

core::LaunchSpec spec_from(const json::object& object) {
  core::LaunchSpec spec;
  spec.token.value = text_at(object, "token");
  spec.region = text_at(object, "region");
  spec.market = core::parse_market(text_at(object, "market")).value_or(core::Market::kSpot);
  spec.type = text_at(object, "type");
  spec.image = text_at(object, "image");
  spec.key_name = text_at(object, "key_name");
  spec.subnet = text_at(object, "subnet");
  spec.zone = text_at(object, "zone");
  spec.instance_profile = text_at(object, "instance_profile");
  spec.user_data = text_at(object, "user_data");
  if (const auto* groups = object.if_contains("security_groups")) {
    for (const json::value& group : groups->as_array()) {
      spec.security_groups.emplace_back(group.as_string());
    }
  }
  if (const auto* address = object.if_contains("public_address")) {
    spec.public_address = address->as_bool();
  }
  if (const auto* tags = object.if_contains("tags")) {
    for (const auto& [key, value] : tags->as_object()) {
      spec.tags[std::string(key)] = value.as_string();
    }
  }
  return spec;
}

wire::RequestToSign request_from(const json::object& object, std::string& body) {
  body = text_at(object, "body");
  wire::RequestToSign request;
  request.method = text_at(object, "method");
  request.path = text_at(object, "path");
  request.query = pairs_at(object, "query");
  request.headers = pairs_at(object, "headers");
  request.body = body;
  return request;
}

json::object to_json(const core::InstanceView& view) {
  json::object tags;
  for (const auto& [key, value] : view.tags) tags[key] = value;
  return {{"id", view.id.value},
          {"state", to_string(view.state)},
          {"type", view.type},
          {"market", to_string(view.market)},
          {"image", view.image},
          {"zone", view.zone},
          {"public_address", view.public_address},
          {"private_address", view.private_address},
          {"launched", time_or_null(view.launched)},
          {"token", view.token.value},
          {"tags", tags},
          {"state_reason_code", view.state_reason_code},
          {"state_reason", view.state_reason},
          {"ended", time_or_null(view.ended)}};
}

json::object to_json(const std::vector<core::InstanceView>& views) {
  json::array instances;
  for (const core::InstanceView& view : views) instances.push_back(to_json(view));
  return {{"instances", instances}};
}

json::object to_json(const core::CloudFailure& failure) {
  return {
      {"failure", to_string(failure.what)}, {"code", failure.code}, {"message", failure.message}};
}

json::object to_json(const core::TerminateAccepted& accepted) {
  json::array instances;
  for (const core::TerminatedNow& now : accepted.instances) {
    instances.push_back(json::object{{"id", now.id.value}, {"state", to_string(now.state)}});
  }
  json::array not_found;
  for (const InstanceId& id : accepted.not_found) not_found.emplace_back(id.value);
  json::array refused;
  for (const auto& [id, failure] : accepted.refused) {
    json::object row = to_json(failure);
    row["id"] = id.value;
    refused.push_back(std::move(row));
  }
  return {{"instances", instances}, {"not_found", not_found}, {"refused", refused}};
}

}  // namespace cb::aws_probe
