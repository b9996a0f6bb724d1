#pragma once
// DescribeInstances: which instances a question is about.

#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/model/settings.h"

namespace cb::ec2sim {

struct Page {
  std::vector<const Instance*> instances;  // in the order of their launch
  std::string next_token;                  // empty: the last page
};

// Largest page, and the size of one when the caller names none.
inline constexpr std::int64_t kPageMax = 1000;

// What `region` lists, as things stood at `when`. Throws Refusal: an id that does not exist, an
// unknown filter, a bad page size or token.
Page list_instances(const Parameters& parameters, const Instances& instances,
                    const Settings& settings, std::string_view region, Micros when);

// Those that a call names as InstanceId.N. Throws Refusal: InvalidInstanceID.Malformed, or NotFound
// with all ids that do not exist: one bad id fails the whole call.
std::vector<const Instance*> named_instances(const Query& query, const Instances& instances,
                                             std::string_view region, Micros when,
                                             const std::string& parameter = "InstanceId");

// '*' and '?' as filter values use them.
bool matches_filter(std::string_view pattern, std::string_view text);

// Name and values of Filter.1, Filter.2, ...
struct Filter {
  std::string name;
  std::vector<std::string> values;
};
std::vector<Filter> read_filters(const Query& query);
[[noreturn]] void unknown_filter(std::string_view name);

}  // namespace cb::ec2sim
