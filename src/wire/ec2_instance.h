#pragma once
// One <item> of an instancesSet, as RunInstances and DescribeInstances both write it.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html

#include <optional>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/model/cloud.h"

namespace pugi {
class xml_node;
}

namespace cb::wire {

void append_instances(const pugi::xml_node& instances_set, std::vector<core::InstanceView>& out);

// The time in "User initiated (2026-11-23 10:00:00 GMT)". Empty when there is none.
std::optional<WallTime> time_in_reason(std::string_view reason);

}  // namespace cb::wire
