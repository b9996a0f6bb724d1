#include "ec2sim/calls/tags.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {
namespace {

constexpr std::size_t kTagsMax = 50;
constexpr std::size_t kKeyMax = 128;
constexpr std::size_t kValueMax = 256;

void read_tag(const Query& query, const std::string& prefix, Tags& tags) {
  const std::string key = query.required(prefix + "Key");
  if (key.starts_with("aws:") || key.size() > kKeyMax) {
    throw Refusal{"InvalidParameterValue",
                  str("Tag keys starting with 'aws:' are reserved, and none may be longer than ",
                      kKeyMax, " characters: ", key)};
  }
  const std::string value = query.text(prefix + "Value");
  if (value.size() > kValueMax) {
    bad_value("tag value", value, str("It may have ", kValueMax, " characters at most."));
  }
  if (!tags.emplace(key, value).second) {
    throw Refusal{"InvalidParameterValue", str("Duplicate tag key '", key, "' specified.")};
  }
}

void collect(const Query& query, TagsOf& all) {
  for (const std::string& prefix : query.prefixes("TagSpecification")) {
    Tags& tags = all[query.text(prefix + "ResourceType")];
    for (const std::string& tag : query.prefixes(prefix + "Tag")) {
      tags[query.text(tag + "Key")] = query.text(tag + "Value");
    }
  }
}

}  // namespace

TagsOf read_tag_specifications(const Query& query, std::span<const std::string_view> taggable) {
  TagsOf all;
  for (const std::string& prefix : query.prefixes("TagSpecification")) {
    const std::string resource = query.required(prefix + "ResourceType");
    if (std::ranges::count(taggable, std::string_view(resource)) == 0) {
      throw Refusal{"InvalidParameterValue",
                    str("'", resource, "' is not a valid taggable resource type.")};
    }
    Tags& tags = all[resource];
    for (const std::string& tag : query.prefixes(prefix + "Tag")) read_tag(query, tag, tags);
    if (tags.size() > kTagsMax) {
      throw Refusal{"TagLimitExceeded", str("More than ", kTagsMax, " tags were given.")};
    }
  }
  return all;
}

void merge_tag_specifications(const Query& under, const Query& over, Parameters& to) {
  TagsOf all;
  collect(under, all);
  collect(over, all);
  std::erase_if(to, [](const auto& one) { return one.first.starts_with("TagSpecification."); });
  int specification = 0;
  for (const auto& [resource, tags] : all) {
    const std::string prefix = str("TagSpecification.", ++specification, '.');
    to[prefix + "ResourceType"] = resource;
    int number = 0;
    for (const auto& [key, value] : tags) {
      const std::string tag = str(prefix, "Tag.", ++number, '.');
      to[tag + "Key"] = key;
      to[tag + "Value"] = value;
    }
  }
}

}  // namespace cb::ec2sim
