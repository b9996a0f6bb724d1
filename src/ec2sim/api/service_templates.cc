// The calls about launch templates.

#include "ec2sim/api/service.h"
#include "ec2sim/calls/template_answers.h"
#include "ec2sim/calls/template_request.h"

namespace cb::ec2sim {

std::string Service::create_template(const Call& call, SimNow now, HttpAnswer& answer) {
  ReadTemplate read = read_template(call.parameters, settings_, call.region);
  refuse_dry_run(Query(call.parameters));
  read.made.created_wall = now.wall;
  const LaunchTemplate& made = templates_.create(std::move(read.made), settings_.seed);
  return created_template_answer(made, read.warnings, settings_, answer.request_id);
}

std::string Service::list_templates(const Call& call, SimNow /*now*/, HttpAnswer& answer) {
  constexpr PageSizes kSizes{1, 200};
  const Query query(call.parameters);
  const auto asked = asked_templates(query, templates_, call.region);
  const auto page = page_of(asked, query, kSizes);
  refuse_dry_run(query);
  return templates_answer(page, settings_, answer.request_id);
}

std::string Service::list_template_versions(const Call& call, SimNow /*now*/, HttpAnswer& answer) {
  constexpr PageSizes kSizes{1, 200};
  const Query query(call.parameters);
  const auto asked = asked_versions(query, templates_, call.region);
  const auto page = page_of(asked, query, kSizes);
  refuse_dry_run(query);
  return template_versions_answer(page, settings_, answer.request_id);
}

std::string Service::delete_template(const Call& call, SimNow /*now*/, HttpAnswer& answer) {
  const Query query(call.parameters);
  const LaunchTemplate deleted = named_template(query, "", templates_, call.region);
  refuse_dry_run(query);
  templates_.erase(deleted.id);
  return deleted_template_answer(deleted, settings_, answer.request_id);
}

}  // namespace cb::ec2sim
