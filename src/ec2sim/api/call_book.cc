#include "ec2sim/api/call_book.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace cb::ec2sim {
namespace {

namespace json = boost::json;
constexpr std::size_t kKept = 1000;

json::object counts(const std::map<std::string, std::uint64_t>& all) {
  json::object object;
  for (const auto& [name, count] : all) object[name] = count;
  return object;
}

}  // namespace

void CallBook::add(Call call) {
  call.number = ++last_;
  Tally& tally = tallies_[call.action];
  ++tally.calls;
  if (!call.code.empty()) ++tally.errors[call.code];
  if (!call.fault.empty()) ++faults_[call.fault];
  recent_.push_back(std::move(call));
  if (recent_.size() > kKept) recent_.pop_front();
}

void CallBook::reset() {
  const std::uint64_t last = last_;
  *this = {};
  last_ = last;
}

json::object CallBook::counters() const {
  json::object actions;
  std::map<std::string, std::uint64_t> errors;
  for (const auto& [action, tally] : tallies_) {
    actions[action] = {{"calls", tally.calls}, {"errors", counts(tally.errors)}};
    for (const auto& [code, count] : tally.errors) errors[code] += count;
  }
  return {{"actions", actions},
          {"errors", counts(errors)},
          {"faults", counts(faults_)},
          {"last_call", last_}};
}

json::array CallBook::calls(std::uint64_t after) const {
  json::array all;
  for (const Call& call : recent_) {
    if (call.number <= after) continue;
    json::object parameters;
    for (const auto& [name, value] : call.parameters) parameters[name] = value;
    all.push_back({{"number", call.number},
                   {"boot_us", call.boot.count()},
                   {"wall_us", call.wall.count()},
                   {"action", call.action},
                   {"region", call.region},
                   {"key_id", call.key_id},
                   {"code", call.code},
                   {"fault", call.fault},
                   {"parameters", parameters}});
  }
  return all;
}

}  // namespace cb::ec2sim
