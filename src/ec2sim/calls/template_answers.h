#pragma once
// The XML of the answers about launch templates.

#include <string>
#include <string_view>

#include "ec2sim/calls/paging.h"
#include "ec2sim/calls/template_request.h"

namespace cb::ec2sim {

std::string created_template_answer(const LaunchTemplate& made,
                                    const std::vector<Refusal>& warnings, const Settings& settings,
                                    std::string_view request_id);
std::string templates_answer(const PageOf<const LaunchTemplate*>& page, const Settings& settings,
                             std::string_view request_id);
std::string template_versions_answer(const PageOf<const LaunchTemplate*>& page,
                                     const Settings& settings, std::string_view request_id);
std::string deleted_template_answer(const LaunchTemplate& deleted, const Settings& settings,
                                    std::string_view request_id);

}  // namespace cb::ec2sim
