#include "ec2sim/calls/template_request.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "ec2sim/api/parameter_rows.h"
#include "ec2sim/calls/filters.h"
#include "ec2sim/calls/launch_request.h"
#include "ec2sim/calls/tags.h"
#include "ec2sim/calls/token.h"

namespace cb::ec2sim {
namespace {

void check_name(const std::string& name) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-()./_").find(char(c)) != std::string::npos;
  };
  if (name.size() < 3 || name.size() > 128 || !std::ranges::all_of(name, allowed)) {
    throw Refusal{"InvalidLaunchTemplateName.MalformedException",
                  "A launch template name must be between 3 and 128 characters, and may contain "
                  "letters, numbers, and the following characters: - ( ) . / _."};
  }
}

bool only_warned_of(const Refusal& refusal) {
  return refusal.code.find("NotFound") != std::string::npos ||
         refusal.code == "InvalidParameterCombination";
}

[[noreturn]] void no_such_id(std::string_view id) {
  throw Refusal{"InvalidLaunchTemplateId.NotFound",
                str("The specified launch template, with template ID ", id, ", does not exist.")};
}

[[noreturn]] void no_such_name(std::string_view name) {
  throw Refusal{
      "InvalidLaunchTemplateName.NotFoundException",
      str("The specified launch template, with template name ", name, ", does not exist.")};
}

const LaunchTemplate& found_by_id(const LaunchTemplates& templates, std::string_view region,
                                  const std::string& id) {
  if (!id.starts_with("lt-")) {
    throw Refusal{"InvalidLaunchTemplateId.Malformed", str("Invalid id: \"", id, "\"")};
  }
  const LaunchTemplate* found = templates.by_id(region, id);
  if (!found) no_such_id(id);
  return *found;
}

const LaunchTemplate& found_by_name(const LaunchTemplates& templates, std::string_view region,
                                    const std::string& name) {
  const LaunchTemplate* found = templates.by_name(region, name);
  if (!found) no_such_name(name);
  return *found;
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
std::vector<std::string> template_values(const LaunchTemplate& one, const std::string& filter) {
  if (filter == "launch-template-name") return {one.name};
  if (filter == "create-time") return {ec2_time(one.created_wall)};
  if (filter.starts_with("tag:")) {
    const auto tag = one.tags.find(filter.substr(4));
    return tag == one.tags.end() ? std::vector<std::string>{} : std::vector{tag->second};
  }
  if (filter == "tag-key") {
    std::vector<std::string> keys;
    for (const auto& [key, value] : one.tags) keys.push_back(key);
    return keys;
  }
  unknown_filter(filter);
}

std::vector<std::string> datum(const LaunchTemplate& one, const std::string& name) {
  const auto found = one.data.find(name);
  return found == one.data.end() ? std::vector<std::string>{} : std::vector{found->second};
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
constexpr FilterField<LaunchTemplate> kVersionFields[] = {
    {"is-default-version", [](const auto&) { return std::vector<std::string>{"true"}; }},
    {"create-time", [](const auto& one) { return std::vector{ec2_time(one.created_wall)}; }},
    {"image-id", [](const auto& one) { return datum(one, "ImageId"); }},
    {"instance-type", [](const auto& one) { return datum(one, "InstanceType"); }},
};

// "NetworkInterface." of "NetworkInterface.1.SubnetId"; empty for what is no list.
std::string_view list_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  const bool list = dot != std::string_view::npos && dot + 1 < name.size() &&
                    std::isdigit(static_cast<unsigned char>(name[dot + 1])) != 0;
  return list ? name.substr(0, dot + 1) : std::string_view{};
}

Parameters with_template(const LaunchTemplate& used, const Parameters& over) {
  Parameters all = used.data;
  for (const auto& [name, value] : over) {
    const std::string_view list = list_of(name);
    if (list.empty()) continue;
    std::erase_if(all, [&](const auto& one) { return one.first.starts_with(list); });
  }
  for (const auto& [name, value] : over) all[name] = value;
  merge_tag_specifications(Query(used.data), Query(over), all);
  return all;
}

}  // namespace

ReadTemplate read_template(const Parameters& parameters, const Settings& settings,
                           std::string_view region) {
  constexpr std::array<std::string_view, 1> kTaggable{"launch-template"};
  const Query query(parameters);
  ReadTemplate read;
  read.made.region = region;
  read.made.name = query.required("LaunchTemplateName");
  check_name(read.made.name);
  read.made.description = query.text("VersionDescription");
  for (const auto& [name, value] : parameters) {
    if (name.starts_with(kTemplateData)) read.made.data[name.substr(kTemplateData.size())] = value;
  }
  if (read.made.data.empty()) query.required("LaunchTemplateData");
  read.made.tags = read_tag_specifications(query, kTaggable)["launch-template"];
  read.made.client_token = read_token(query);
  read.made.digest = digest_of(parameters);
  try {
    check_launch_data(read.made.data, settings, region);
  } catch (const Refusal& refusal) {
    if (!only_warned_of(refusal)) throw;
    read.warnings.push_back(refusal);
  }
  return read;
}

const LaunchTemplate& named_template(const Query& query, const std::string& prefix,
                                     const LaunchTemplates& templates, std::string_view region) {
  const std::string id = query.text(prefix + "LaunchTemplateId");
  const std::string name = query.text(prefix + "LaunchTemplateName");
  if (id.empty() && name.empty()) {
    throw Refusal{"MissingParameter",
                  "Either a launch template ID or a launch template name must be specified in the "
                  "request."};
  }
  if (!id.empty() && !name.empty()) {
    bad_combination("The launch template's ID and its name may not both be specified.");
  }
  return id.empty() ? found_by_name(templates, region, name) : found_by_id(templates, region, id);
}

void check_template_version(const LaunchTemplate& used, const std::string& version) {
  if (version.empty() || version == "1" || version == "$Latest" || version == "$Default") return;
  throw Refusal{"InvalidLaunchTemplateId.VersionNotFound",
                str("Could not find the specified version ", version,
                    " for the launch template with ID ", used.id, ".")};
}

std::vector<const LaunchTemplate*> asked_templates(const Query& query,
                                                   const LaunchTemplates& templates,
                                                   std::string_view region) {
  const auto filters = read_filters(query);
  // Also when there is no template that they could be tried on.
  for (const Filter& filter : filters) template_values({}, filter.name);
  std::vector<const LaunchTemplate*> asked;
  for (const std::string& id : query.list("LaunchTemplateId")) {
    asked.push_back(&found_by_id(templates, region, id));
  }
  for (const std::string& name : query.list("LaunchTemplateName")) {
    asked.push_back(&found_by_name(templates, region, name));
  }
  if (asked.empty()) asked = templates.of(region);
  std::erase_if(asked, [&](const LaunchTemplate* one) {
    return !passes(filters, [&](const std::string& name) { return template_values(*one, name); });
  });
  return asked;
}

std::vector<const LaunchTemplate*> asked_versions(const Query& query,
                                                  const LaunchTemplates& templates,
                                                  std::string_view region) {
  const auto filters = read_filters(query);
  for (const Filter& filter : filters) values_in(kVersionFields, LaunchTemplate{})(filter.name);
  std::vector<const LaunchTemplate*> asked = templates.of(region);
  const auto versions = query.list("LaunchTemplateVersion");
  if (versions.empty() || query.has("LaunchTemplateId") || query.has("LaunchTemplateName")) {
    asked = {&named_template(query, "", templates, region)};
  }
  for (const LaunchTemplate* one : asked) {
    for (const std::string& version : versions) check_template_version(*one, version);
  }
  std::erase_if(asked,
                [&](const auto* one) { return !passes(filters, values_in(kVersionFields, *one)); });
  return asked;
}

const LaunchTemplate* template_of_run(const Query& query, const LaunchTemplates& templates,
                                      std::string_view region) {
  const std::string prefix = "LaunchTemplate.";
  const bool named = query.has(prefix + "LaunchTemplateId") ||
                     query.has(prefix + "LaunchTemplateName") || query.has(prefix + "Version");
  if (!named) return nullptr;
  const LaunchTemplate& used = named_template(query, prefix, templates, region);
  check_template_version(used, query.text(prefix + "Version"));
  return &used;
}

LaunchOrder read_launch_from(const LaunchTemplate& used, const Parameters& over,
                             const Settings& settings, std::string_view region) {
  LaunchOrder order = read_launch(with_template(used, over), settings, region);
  order.tags["aws:ec2launchtemplate:id"] = used.id;
  order.tags["aws:ec2launchtemplate:version"] = "1";
  return order;
}

}  // namespace cb::ec2sim
