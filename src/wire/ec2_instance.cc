#include "wire/ec2_instance.h"

#include <array>
#include <pugixml.hpp>
#include <utility>

namespace cb::wire {
namespace {

using core::InstanceState;
using core::InstanceView;

constexpr std::size_t kTagsExpected = 8;  // ours, and a few of the lab's

// Clients connect to it and read it in a line: what has other letters than an address is none.
std::string_view address(std::string_view text) {
  constexpr std::size_t kLongest = 45;
  const bool good =
      text.size() <= kLongest && text.find_first_not_of("0123456789.:abcdefABCDEF") == text.npos;
  return good ? text : std::string_view();
}

void read_state(InstanceView& view, pugi::xml_node node) {
  if (auto state = core::parse_instance_state(node.child_value("name"))) view.state = *state;
}

void read_state_reason(InstanceView& view, pugi::xml_node node) {
  view.state_reason_code = node.child_value("code");
  view.state_reason = node.child_value("message");
}

void read_tags(InstanceView& view, pugi::xml_node node) {
  view.tags.reserve(kTagsExpected);
  for (pugi::xml_node tag : node.children("item")) {
    view.tags.emplace_back(tag.child_value("key"), tag.child_value("value"));
  }
}

using ReadField = void (*)(InstanceView&, pugi::xml_node);
// One pass over an item's children, each looked up here: asking the item for one name after the
// other would walk its forty children for every name.
constexpr std::array<std::pair<std::string_view, ReadField>, 13> kReaders{{
    {"instanceId", [](InstanceView& v, pugi::xml_node n) { v.id.value = n.child_value(); }},
    {"imageId", [](InstanceView& v, pugi::xml_node n) { v.image = n.child_value(); }},
    {"instanceState", read_state},
    {"reason",
     [](InstanceView& v, pugi::xml_node n) { v.ended = time_in_reason(n.child_value()); }},
    {"instanceType", [](InstanceView& v, pugi::xml_node n) { v.type = n.child_value(); }},
    {"launchTime",
     [](InstanceView& v, pugi::xml_node n) { v.launched = parse_iso8601(n.child_value()); }},
    {"placement",
     [](InstanceView& v, pugi::xml_node n) { v.zone = n.child_value("availabilityZone"); }},
    {"privateIpAddress",
     [](InstanceView& v, pugi::xml_node n) { v.private_address = address(n.child_value()); }},
    {"ipAddress",
     [](InstanceView& v, pugi::xml_node n) { v.public_address = address(n.child_value()); }},
    {"stateReason", read_state_reason},
    {"instanceLifecycle",
     [](InstanceView& v, pugi::xml_node n) {
       if (std::string_view(n.child_value()) == "spot") v.market = core::Market::kSpot;
     }},
    {"clientToken", [](InstanceView& v, pugi::xml_node n) { v.token.value = n.child_value(); }},
    {"tagSet", read_tags},
}};

void read_instance(InstanceView& view, pugi::xml_node item) {
  for (pugi::xml_node child : item.children()) {
    const std::string_view name = child.name();
    for (const auto& [known, read] : kReaders) {
      if (known == name) {
        read(view, child);
        break;
      }
    }
  }
}

}  // namespace

void append_instances(const pugi::xml_node& instances_set, std::vector<InstanceView>& out) {
  for (pugi::xml_node item : instances_set.children("item")) {
    read_instance(out.emplace_back(), item);
    if (out.back().id.empty()) out.pop_back();
  }
}

std::optional<WallTime> time_in_reason(std::string_view reason) {
  constexpr std::string_view kForm = "(2026-11-23 10:00:00 GMT)";
  const auto open = reason.rfind('(');
  if (open == reason.npos || reason.size() - open < kForm.size()) return {};
  reason = reason.substr(open, kForm.size());
  if (!reason.ends_with(" GMT)") || reason[11] != ' ') return {};
  std::string iso(reason.substr(1, 19));
  iso[10] = 'T';
  return parse_iso8601(iso + 'Z');
}

}  // namespace cb::wire
