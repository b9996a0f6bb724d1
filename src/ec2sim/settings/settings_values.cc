#include "ec2sim/settings/settings_values.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "base/text.h"

namespace cb::ec2sim {
namespace {

namespace json = boost::json;
using std::chrono::duration_cast;

std::string_view text_of(const json::value& from, std::string_view wanted) {
  if (!from.is_string()) wants(wanted, from);
  return {from.get_string().data(), from.get_string().size()};
}

Micros parse_length(std::string_view text, const json::value& whole) {
  if (text == "forever") return kNever;
  const auto length = parse_duration(text);
  if (!length)
    wants("a duration such as \"2s\", a range such as \"2s..4s\", or \"forever\"", whole);
  return *length;
}

std::string shown(Micros length) {
  return length == kNever ? "forever" : cb::to_string(duration_cast<Duration>(length));
}

const json::object& object_of(const json::value& from) {
  if (!from.is_object()) wants("an object", from);
  return from.get_object();
}

}  // namespace

void wants(std::string_view what, const json::value& got) {
  throw BadValue{str("wants ", what, ", not ", json::serialize(got))};
}

Fields::Fields(const json::value& from) : from_(from) {
  if (!from.is_object()) wants("objects", from);
}

const json::value* Fields::find(std::string_view name) {
  const auto* found = from_.get_object().if_contains({name.data(), name.size()});
  if (found) ++used_;
  return found;
}

void Fields::leave(std::string_view allowed) const {
  if (used_ != from_.get_object().size()) wants(str("only the fields ", allowed), from_);
}

void read(const json::value& from, bool& to) {
  if (!from.is_bool()) wants("true or false", from);
  to = from.get_bool();
}

void read(const json::value& from, std::int64_t& to) {
  if (!from.is_int64() || from.get_int64() < 0) wants("a whole number from 0 on", from);
  to = from.get_int64();
}

void read(const json::value& from, double& to) {
  if (!from.is_number() || from.to_number<double>() < 0) wants("a number from 0 on", from);
  to = from.to_number<double>();
}

void read(const json::value& from, Money& to) {
  double dollars = 0;
  read(from, dollars);
  if (dollars > 1e6) wants("at most a million dollars an hour", from);
  to.micro_dollars = std::llround(dollars * 1e6);
}

void read(const json::value& from, std::uint64_t& to) {
  if (!from.is_uint64() && !(from.is_int64() && from.get_int64() >= 0)) {
    wants("a whole number from 0 on", from);
  }
  to = from.to_number<std::uint64_t>();
}

// A number is taken as its digits: --set account=123456789012.
void read(const json::value& from, std::string& to) {
  to = from.is_int64() ? std::to_string(from.get_int64()) : text_of(from, "a text");
}

void read(const json::value& from, Micros& to) {
  to = parse_length(text_of(from, "a duration such as \"2s\""), from);
}

void read(const json::value& from, Offset& to) {
  std::string_view text = text_of(from, "a difference such as \"-10m\"");
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto length = parse_duration(text);
  if (!length) wants("a difference such as \"-10m\"", from);
  to.value = negative ? -*length : *length;
}

void read(const json::value& from, Range& to) {
  const std::string_view text = text_of(from, "a range such as \"2s..4s\"");
  const std::size_t dots = text.find("..");
  const Micros least = parse_length(text.substr(0, dots), from);
  const Micros most =
      dots == std::string_view::npos ? least : parse_length(text.substr(dots + 2), from);
  if (most < least) wants("a range whose first end is the smaller one", from);
  if (most == kNever && least != kNever) wants("a range that ends", from);
  to = {least, most};
}

void read(const json::value& from, BucketSize& to) {
  BucketSize size;
  Fields(from)
      .field("per_second", size.per_second)
      .field("burst", size.burst)
      .leave("per_second, burst");
  to = size;
}

void read(const json::value& from, std::optional<std::int64_t>& to) {
  if (from.is_null()) {
    to.reset();
    return;
  }
  std::int64_t number = 0;
  read(from, number);
  to = number;
}

void read(const json::value& from, std::vector<std::string>& to) {
  std::vector<std::string> all;
  if (!from.is_array()) wants("a list of texts", from);
  for (const json::value& one : from.get_array()) read(one, all.emplace_back());
  to = std::move(all);
}

void read(const json::value& from, std::map<std::string, Price>& to) {
  std::map<std::string, Price> all;
  for (const auto& [type, value] : object_of(from)) {
    Price& price = all[std::string(type)];
    Fields(value)
        .field("on_demand", price.on_demand_hourly)
        .field("spot", price.spot_hourly)
        .leave("on_demand, spot");
  }
  to = std::move(all);
}

void read(const json::value& from, std::map<std::string, AccessKey>& to) {
  std::map<std::string, AccessKey> all;
  for (const auto& [id, value] : object_of(from)) {
    AccessKey& key = all[std::string(id)];
    Fields(value)
        .field("secret", key.secret)
        .field("session_token", key.session_token)
        .leave("secret, session_token");
    if (key.secret.empty()) wants("a secret for each key", json::string(id));
  }
  to = std::move(all);
}

json::value show(bool value) {
  return value;
}
json::value show(std::uint64_t value) {
  return value;
}
json::value show(const std::string& value) {
  return json::string(value);
}
json::value show(Money value) {
  return double(value.micro_dollars) / 1e6;
}
json::value show(Micros value) {
  return json::string(shown(value));
}

json::value show(Offset value) {
  return json::string((value.value.count() < 0 ? "-" : "") + shown(std::chrono::abs(value.value)));
}

json::value show(const Range& value) {
  if (value.least == value.most) return show(value.least);
  return json::string(shown(value.least) + ".." + shown(value.most));
}

json::value show(const BucketSize& value) {
  return {{"per_second", value.per_second}, {"burst", value.burst}};
}

json::value show(const std::optional<std::int64_t>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::value show(const std::vector<std::string>& value) {
  return json::array(value.begin(), value.end());
}

json::value show(const std::map<std::string, Price>& value) {
  json::object all;
  for (const auto& [type, price] : value) {
    all[type] = {{"on_demand", show(price.on_demand_hourly)}, {"spot", show(price.spot_hourly)}};
  }
  return all;
}

json::value show(const std::map<std::string, AccessKey>& value) {
  json::object all;
  for (const auto& [id, key] : value) all[id] = json::object();
  return all;
}

}  // namespace cb::ec2sim
