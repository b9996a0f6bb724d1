#pragma once
// Launch templates as calls make and name them.

#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/model/launch_templates.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

struct ReadTemplate {
  LaunchTemplate made;
  // EC2 makes a template also of names that do not exist, and of what cannot be together; the
  // launch fails then. What is malformed is refused.
  std::vector<Refusal> warnings;
};

// CreateLaunchTemplate. Throws Refusal.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
ReadTemplate read_template(const Parameters& parameters, const Settings& settings,
                           std::string_view region);

// The one that PREFIXLaunchTemplateId or PREFIXLaunchTemplateName names. Throws Refusal: neither,
// both, or not found.
const LaunchTemplate& named_template(const Query& query, const std::string& prefix,
                                     const LaunchTemplates& templates, std::string_view region);

// "1", "$Latest", "$Default", or none, which is the default one. Throws Refusal for any other.
void check_template_version(const LaunchTemplate& used, const std::string& version);

// Those that DescribeLaunchTemplates asks for, by id, by name and by filters. Throws Refusal.
std::vector<const LaunchTemplate*> asked_templates(const Query& query,
                                                   const LaunchTemplates& templates,
                                                   std::string_view region);

// Those whose one version DescribeLaunchTemplateVersions asks for: the one that is named, or all
// when only versions are. Throws Refusal.
std::vector<const LaunchTemplate*> asked_versions(const Query& query,
                                                  const LaunchTemplates& templates,
                                                  std::string_view region);

// The template that RunInstances names, of a version that exists; null when it names none. Throws
// Refusal.
const LaunchTemplate* template_of_run(const Query& query, const LaunchTemplates& templates,
                                      std::string_view region);

// A launch from a template with `over` in the places of its parameters: a list replaces the
// template's list as a whole, tags are put together. Throws Refusal as read_launch() does.
LaunchOrder read_launch_from(const LaunchTemplate& used, const Parameters& over,
                             const Settings& settings, std::string_view region);

}  // namespace cb::ec2sim
