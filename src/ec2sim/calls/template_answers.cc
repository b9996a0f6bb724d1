#include "ec2sim/calls/template_answers.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "base/text.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/instance_xml.h"

namespace cb::ec2sim {
namespace {

std::string creator(const Settings& settings) {
  return str("arn:aws:iam::", settings.account, ":user/ec2sim");
}

void write_template(Xml& xml, std::string_view element, const LaunchTemplate& one,
                    const Settings& settings) {
  xml.open(element)
      .leaf("launchTemplateId", one.id)
      .leaf("launchTemplateName", one.name)
      .leaf("createTime", ec2_time(one.created_wall))
      .leaf("createdBy", creator(settings))
      .leaf("defaultVersionNumber", 1)
      .leaf("latestVersionNumber", 1);
  write_tags(xml, one.tags);
  xml.close(element);
}

std::string lower_first(std::string name) {
  if (!name.empty()) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

// The parameters below each name: {"Ebs": {"VolumeSize": "8"}} of {"Ebs.VolumeSize": "8"}; what
// ends with its name stands at "".
std::map<std::string, Parameters> by_first_part(const Parameters& data) {
  std::map<std::string, Parameters> parts;
  for (const auto& [name, value] : data) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    parts[name.substr(0, dot)][dot == name.size() ? "" : name.substr(dot + 1)] = value;
  }
  return parts;
}

void write_data(Xml& xml, const Parameters& data, std::string_view within);

// Lists are named ...Set and hold items, but for the groups of an interface.
void write_data_list(Xml& xml, const std::string& name, const Parameters& items,
                     std::string_view within) {
  const bool groups = within == "NetworkInterface" && name == "SecurityGroupId";
  const std::string list = groups ? "groupSet" : lower_first(name) + "Set";
  const std::string_view element = groups ? "groupId" : "item";
  std::map<std::int64_t, Parameters> in_order;
  for (auto& [number, item] : by_first_part(items)) in_order[parse_int(number).value_or(0)] = item;
  xml.open(list);
  for (const auto& [number, item] : in_order) {
    if (item.contains("")) {
      xml.leaf(element, item.at(""));
    } else {
      xml.open(element);
      write_data(xml, item, name);
      xml.close(element);
    }
  }
  xml.close(list);
}

void write_data(Xml& xml, const Parameters& data, std::string_view within) {
  for (const auto& [name, below] : by_first_part(data)) {
    if (below.contains("")) {
      xml.leaf(lower_first(name), below.at(""));
    } else if (parse_int(by_first_part(below).begin()->first)) {
      write_data_list(xml, name, below, within);
    } else {
      xml.open(lower_first(name));
      write_data(xml, below, name);
      xml.close(lower_first(name));
    }
  }
}

}  // namespace

std::string created_template_answer(const LaunchTemplate& made,
                                    const std::vector<Refusal>& warnings, const Settings& settings,
                                    std::string_view request_id) {
  Xml xml;
  open_answer(xml, "CreateLaunchTemplate", request_id);
  write_template(xml, "launchTemplate", made, settings);
  if (!warnings.empty()) {
    xml.open("warning").open("errorSet");
    for (const Refusal& warning : warnings) {
      xml.open("item").leaf("code", warning.code).leaf("message", warning.message).close("item");
    }
    xml.close("errorSet").close("warning");
  }
  return close_answer(xml, "CreateLaunchTemplate");
}

std::string templates_answer(const PageOf<const LaunchTemplate*>& page, const Settings& settings,
                             std::string_view request_id) {
  Xml xml;
  open_answer(xml, "DescribeLaunchTemplates", request_id);
  xml.open("launchTemplates");
  for (const LaunchTemplate* one : page.items) write_template(xml, "item", *one, settings);
  xml.close("launchTemplates").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeLaunchTemplates");
}

std::string template_versions_answer(const PageOf<const LaunchTemplate*>& page,
                                     const Settings& settings, std::string_view request_id) {
  Xml xml;
  open_answer(xml, "DescribeLaunchTemplateVersions", request_id);
  xml.open("launchTemplateVersionSet");
  for (const LaunchTemplate* one : page.items) {
    xml.open("item")
        .leaf("launchTemplateId", one->id)
        .leaf("launchTemplateName", one->name)
        .leaf("versionNumber", 1)
        .given("versionDescription", one->description)
        .leaf("createTime", ec2_time(one->created_wall))
        .leaf("createdBy", creator(settings))
        .leaf("defaultVersion", true)
        .open("launchTemplateData");
    write_data(xml, one->data, {});
    xml.close("launchTemplateData").close("item");
  }
  xml.close("launchTemplateVersionSet").given("nextToken", page.next_token);
  return close_answer(xml, "DescribeLaunchTemplateVersions");
}

std::string deleted_template_answer(const LaunchTemplate& deleted, const Settings& settings,
                                    std::string_view request_id) {
  Xml xml;
  open_answer(xml, "DeleteLaunchTemplate", request_id);
  write_template(xml, "launchTemplate", deleted, settings);
  return close_answer(xml, "DeleteLaunchTemplate");
}

}  // namespace cb::ec2sim
