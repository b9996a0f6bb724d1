// The settings that are lists of objects: what exists, what may be had, what goes wrong.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.h"
#include "ec2sim/settings/settings_values.h"

namespace cb::ec2sim {
namespace {

namespace json = boost::json;

template <class What>
struct Name {
  What what;
  std::string_view name;
};
constexpr Name<FaultRule::What> kFaults[] = {
    {FaultRule::What::kError, "error"},
    {FaultRule::What::kLoseBefore, "lose_before"},
    {FaultRule::What::kLoseAfter, "lose_after"},
    {FaultRule::What::kTruncate, "truncate"},
    {FaultRule::What::kSlow, "slow"},
};
constexpr Name<FateRule::What> kFates[] = {
    {FateRule::What::kEndsByItself, "ends_by_itself"},
    {FateRule::What::kStaysPending, "stays_pending"},
    {FateRule::What::kNeverOpens, "never_opens"},
    {FateRule::What::kNeverReady, "never_ready"},
    {FateRule::What::kDies, "dies"},
    {FateRule::What::kHangs, "hangs"},
    {FateRule::What::kRestarts, "restarts"},
    {FateRule::What::kNoAddress, "no_address"},
    {FateRule::What::kHidden, "hidden"},
    {FateRule::What::kInterrupted, "interrupted"},
    {FateRule::What::kRefused, "refused"},
};

template <class What, std::size_t N>
void read_name(const json::value& from, const Name<What> (&names)[N], What& to) {
  std::string text;
  read(from, text);
  std::vector<std::string> known;
  for (const auto& [what, name] : names) {
    if (name == text) {
      to = what;
      return;
    }
    known.emplace_back(name);
  }
  wants(str("one of ", join(known, ", "), " in \"do\""), from);
}

template <class What, std::size_t N>
json::string_view name_of(const Name<What> (&names)[N], What what) {
  for (const auto& [known, name] : names) {
    if (known == what) return {name.data(), name.size()};
  }
  return "";
}

void read_one(const json::value& from, CapacityRule& to) {
  Fields(from)
      .field("market", to.market)
      .field("type", to.type)
      .field("zone", to.zone)
      .field("instances", to.instances)
      .leave("market, type, zone, instances");
}

void read_one(const json::value& from, SecurityGroup& to) {
  Fields(from).field("id", to.id).field("name", to.name).leave("id, name");
}

void read_one(const json::value& from, FaultRule& to) {
  Fields(from)
      .field("action", to.action)
      .field("region", to.region)
      .field("do", to.what)
      .field("code", to.code)
      .field("message", to.message)
      .field("delay", to.delay)
      .field("percent", to.chance.percent)
      .field("next", to.chance.next)
      .leave("action, region, do, code, message, delay, percent, next");
  if (to.chance.percent > 100) wants("percent from 0 to 100", from);
}

void read_one(const json::value& from, FateRule& to) {
  Fields(from)
      .field("do", to.what)
      .field("market", to.market)
      .field("type", to.type)
      .field("zone", to.zone)
      .field("after", to.after)
      .field("lasts", to.lasts)
      .field("notice", to.notice)
      .field("code", to.code)
      .field("percent", to.chance.percent)
      .field("next", to.chance.next)
      .leave("do, market, type, zone, after, lasts, notice, code, percent, next");
  if (to.code.empty()) {
    to.code = to.what == FateRule::What::kRefused ? "InsufficientInstanceCapacity"
                                                  : "Server.InternalError";
  }
  if (to.chance.percent > 100) wants("percent from 0 to 100", from);
}

template <class T>
void read_list(const json::value& from, std::vector<T>& to) {
  std::vector<T> all;
  if (!from.is_array()) wants("a list of objects", from);
  for (const json::value& one : from.get_array()) read_one(one, all.emplace_back());
  to = std::move(all);
}

template <class T>
json::array show_list(const std::vector<T>& all, json::object (*show_one)(const T&)) {
  json::array list;
  for (const T& one : all) list.push_back(show_one(one));
  return list;
}

json::object show_one(const CapacityRule& rule) {
  return {{"market", rule.market},
          {"type", rule.type},
          {"zone", rule.zone},
          {"instances", rule.instances}};
}

json::object show_one(const SecurityGroup& group) {
  return {{"id", group.id}, {"name", group.name}};
}

json::object show_one(const FaultRule& rule) {
  return {{"action", rule.action},          {"region", rule.region},
          {"do", show(rule.what)},          {"code", rule.code},
          {"message", rule.message},        {"delay", show(rule.delay)},
          {"percent", rule.chance.percent}, {"next", show(rule.chance.next)}};
}

json::object show_one(const FateRule& rule) {
  return {{"do", show(rule.what)},
          {"market", rule.market},
          {"type", rule.type},
          {"zone", rule.zone},
          {"after", show(rule.after)},
          {"lasts", show(rule.lasts)},
          {"notice", show(rule.notice)},
          {"code", rule.code},
          {"percent", rule.chance.percent},
          {"next", show(rule.chance.next)}};
}

}  // namespace

void read(const json::value& from, FaultRule::What& to) {
  read_name(from, kFaults, to);
}
void read(const json::value& from, FateRule::What& to) {
  read_name(from, kFates, to);
}
json::value show(FaultRule::What value) {
  return name_of(kFaults, value);
}
json::value show(FateRule::What value) {
  return name_of(kFates, value);
}

void read(const json::value& from, std::vector<CapacityRule>& to) {
  read_list(from, to);
}
void read(const json::value& from, std::vector<SecurityGroup>& to) {
  read_list(from, to);
}
void read(const json::value& from, std::vector<FaultRule>& to) {
  read_list(from, to);
}
void read(const json::value& from, std::vector<FateRule>& to) {
  read_list(from, to);
}
json::value show(const std::vector<CapacityRule>& value) {
  return show_list(value, show_one);
}
json::value show(const std::vector<SecurityGroup>& value) {
  return show_list(value, show_one);
}
json::value show(const std::vector<FaultRule>& value) {
  return show_list(value, show_one);
}
json::value show(const std::vector<FateRule>& value) {
  return show_list(value, show_one);
}

}  // namespace cb::ec2sim
