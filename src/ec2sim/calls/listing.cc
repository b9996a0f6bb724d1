#include "ec2sim/calls/listing.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/calls/paging.h"
#include "ec2sim/model/capacity.h"

namespace cb::ec2sim {
namespace {

// What a filter looks at. Several values: any of them may match.
struct View {
  const Instance& instance;
  const Settings& settings;
  Micros when;
};
using Values = std::vector<std::string>;

struct Field {
  std::string_view name;
  Values (*of)(const View&);
};

Values group_names(const View& view) {
  Values names;
  for (const SecurityGroup& group : view.settings.security_groups) {
    if (std::ranges::count(view.instance.order.groups, group.id) > 0) names.push_back(group.name);
  }
  return names;
}

std::string address_of(const View& view, bool shown) {
  return shown && addressed_at(view.instance, view.when) ? view.instance.address : std::string{};
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
constexpr Field kFields[] = {
    {"instance-id", [](const View& v) { return Values{v.instance.id}; }},
    {"instance-state-name",
     [](const View& v) { return Values{std::string(to_string(state_at(v.instance, v.when)))}; }},
    {"instance-state-code",
     [](const View& v) {
       return Values{std::to_string(state_code(state_at(v.instance, v.when)))};
     }},
    {"client-token", [](const View& v) { return Values{v.instance.order.client_token}; }},
    {"instance-type", [](const View& v) { return Values{v.instance.order.type}; }},
    {"instance-lifecycle",
     [](const View& v) { return v.instance.order.spot ? Values{"spot"} : Values{}; }},
    {"image-id", [](const View& v) { return Values{v.instance.order.image}; }},
    {"key-name", [](const View& v) { return Values{v.instance.order.key_name}; }},
    {"availability-zone", [](const View& v) { return Values{v.instance.zone}; }},
    {"subnet-id", [](const View& v) { return Values{v.instance.subnet}; }},
    {"reservation-id", [](const View& v) { return Values{v.instance.reservation}; }},
    {"owner-id", [](const View& v) { return Values{v.settings.account}; }},
    {"spot-instance-request-id", [](const View& v) { return Values{v.instance.spot_request}; }},
    {"instance.group-id", [](const View& v) { return v.instance.order.groups; }},
    {"instance.group-name", group_names},
    {"ip-address",
     [](const View& v) { return Values{address_of(v, v.instance.order.public_address)}; }},
    {"private-ip-address", [](const View& v) { return Values{address_of(v, true)}; }},
    {"state-reason-code",
     [](const View& v) {
       return v.instance.alive(v.when) ? Values{} : Values{v.instance.reason_code};
     }},
    {"launch-time", [](const View& v) { return Values{ec2_time(v.instance.launched_wall)}; }},
    {"tag-key",
     [](const View& v) {
       Values keys;
       for (const auto& [key, value] : v.instance.order.tags) keys.push_back(key);
       return keys;
     }},
};

Values values_of(const std::string& filter, const View& view) {
  if (filter.starts_with("tag:")) {
    const auto tag = view.instance.order.tags.find(filter.substr(4));
    return tag == view.instance.order.tags.end() ? Values{} : Values{tag->second};
  }
  for (const Field& field : kFields) {
    if (field.name == filter) return field.of(view);
  }
  unknown_filter(filter);
}

// Also when there is no instance that it could be tried on.
void check_names(const std::vector<Filter>& filters) {
  for (const Filter& filter : filters) {
    const bool known =
        filter.name.starts_with("tag:") ||
        std::ranges::any_of(kFields, [&](const Field& field) { return field.name == filter.name; });
    if (!known) unknown_filter(filter.name);
  }
}

std::vector<const Instance*> everything(const Instances& instances, std::string_view region,
                                        Micros when) {
  std::vector<const Instance*> all;
  for (const Instance& instance : instances.all()) {
    if (instances.shown(instance, region, when)) all.push_back(&instance);
  }
  return all;
}

bool well_formed(std::string_view id) {
  const std::string_view digits = id.substr(id.starts_with("i-") ? 2 : id.size());
  return (digits.size() == 8 || digits.size() == 17) && std::ranges::all_of(digits, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

[[noreturn]] void not_found(const std::vector<std::string>& ids) {
  throw Refusal{"InvalidInstanceID.NotFound",
                ids.size() == 1 ? str("The instance ID '", ids[0], "' does not exist")
                                : str("The instance IDs '", join(ids, ", "), "' do not exist")};
}

}  // namespace

Page list_instances(const Parameters& parameters, const Instances& instances,
                    const Settings& settings, std::string_view region, Micros when) {
  const Query query(parameters);
  const std::vector<Filter> filters = read_filters(query);
  check_names(filters);
  const std::int64_t size = page_size(query, {});
  const std::uint64_t after = page_start(query);
  Page page;
  const auto ids = query.list("InstanceId");
  if (!ids.empty() && query.has("MaxResults")) {
    bad_combination("The parameter instancesSet cannot be used with the parameter maxResults");
  }
  const auto asked = ids.empty() ? everything(instances, region, when)
                                 : named_instances(ids, instances, region, when);
  for (const Instance* instance : asked) {
    const View view{*instance, settings, when};
    const auto seen = [&](const std::string& filter) { return values_of(filter, view); };
    if (instance->ordinal <= after || !passes(filters, seen)) continue;
    if (std::ssize(page.instances) == size) {
      page.next_token = token_after(page.instances.back()->ordinal);
      break;
    }
    page.instances.push_back(instance);
  }
  return page;
}

std::vector<const Instance*> named_instances(const std::vector<std::string>& ids,
                                             const Instances& instances, std::string_view region,
                                             Micros when) {
  std::vector<const Instance*> found;
  std::vector<std::string> missing;
  for (const std::string& id : ids) {
    if (!well_formed(id)) {
      throw Refusal{"InvalidInstanceID.Malformed", str("Invalid id: \"", id, "\"")};
    }
    const Instance* instance = instances.find(region, id, when);
    if (!instance) missing.push_back(id);
    if (instance && std::ranges::count(found, instance) == 0) found.push_back(instance);
  }
  if (!missing.empty()) not_found(missing);
  return found;
}

}  // namespace cb::ec2sim
