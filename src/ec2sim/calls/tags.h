#pragma once
// TagSpecification.1, TagSpecification.2, ...: tags that are put on what a call makes.

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

using Tags = std::map<std::string, std::string>;
using TagsOf = std::map<std::string, Tags>;  // by resource: "instance", "volume"

// Throws Refusal: a resource that is not in `taggable`, a reserved, overlong or repeated key, an
// overlong value, more than 50 tags on one resource.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html
TagsOf read_tag_specifications(const Query& query, std::span<const std::string_view> taggable);

// Puts both into `to` as TagSpecification.N; where both have a key of a resource, `over` wins.
void merge_tag_specifications(const Query& under, const Query& over, Parameters& to);

}  // namespace cb::ec2sim
