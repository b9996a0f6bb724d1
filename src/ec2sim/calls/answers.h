#pragma once
// The XML of every answer.

#include <string>
#include <vector>

#include "ec2sim/api/refusal.h"
#include "ec2sim/api/xml.h"
#include "ec2sim/calls/listing.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

std::string run_answer(const std::vector<const Instance*>& launched, const Settings& settings,
                       std::string_view request_id, Micros when);
std::string list_answer(const Page& page, const Settings& settings, std::string_view request_id,
                        Micros when);

struct StateChange {
  std::string id;
  State before;
  State after;
};
// TerminateInstances, StopInstances, StartInstances.
std::string changes_answer(std::string_view action, const std::vector<StateChange>& changes,
                           std::string_view request_id);

std::string identity_answer(const Settings& settings, std::string_view request_id);

// Of actions that say no more than that it was done.
std::string done_answer(std::string_view action, std::string_view request_id);
std::string error_answer(const Refusal& refusal, bool of_sts, std::string_view request_id);

// Opens and closes what every answer of EC2 is wrapped in.
void open_answer(Xml& xml, std::string_view action, std::string_view request_id);
std::string close_answer(Xml& xml, std::string_view action);

}  // namespace cb::ec2sim
