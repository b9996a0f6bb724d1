#include "ec2sim/calls/template_answers.h"

#include "base/text.h"
#include "ec2sim/calls/answers.h"
#include "ec2sim/calls/instance_xml.h"

namespace cb::ec2sim {
namespace {

void write_template(Xml& xml, std::string_view element, const LaunchTemplate& one,
                    const Settings& settings) {
  xml.open(element)
      .leaf("launchTemplateId", one.id)
      .leaf("launchTemplateName", one.name)
      .leaf("createTime", ec2_time(one.created_wall))
      .leaf("createdBy", str("arn:aws:iam::", settings.account, ":user/ec2sim"))
      .leaf("defaultVersionNumber", 1)
      .leaf("latestVersionNumber", 1);
  write_tags(xml, one.tags);
  xml.close(element);
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

std::string deleted_template_answer(const LaunchTemplate& deleted, const Settings& settings,
                                    std::string_view request_id) {
  Xml xml;
  open_answer(xml, "DeleteLaunchTemplate", request_id);
  write_template(xml, "launchTemplate", deleted, settings);
  return close_answer(xml, "DeleteLaunchTemplate");
}

}  // namespace cb::ec2sim
