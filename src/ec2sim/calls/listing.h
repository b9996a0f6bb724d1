#pragma once
// DescribeInstances: which instances a question is about.

#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"
#include "ec2sim/model/instances.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

struct Page {
  std::vector<const Instance*> instances;  // in the order of their launch
  std::string next_token;                  // empty: the last page
};

// What `region` lists, as things stood at `when`. Throws Refusal: an id that does not exist, an
// unknown filter, a bad page size or token.
Page list_instances(const Parameters& parameters, const Instances& instances,
                    const Settings& settings, std::string_view region, Micros when);

// Those that a call names. Throws Refusal: InvalidInstanceID.Malformed, or NotFound with all ids
// that do not exist: one bad id fails the whole call.
std::vector<const Instance*> named_instances(const std::vector<std::string>& ids,
                                             const Instances& instances, std::string_view region,
                                             Micros when);

}  // namespace cb::ec2sim
