#pragma once
// One instance as EC2's answers show it.

#include "ec2sim/api/xml.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// The <item> of an instancesSet, as things stood at `when`.
void write_instance(Xml& xml, const Instance& instance, const Settings& settings, Micros when);

// <groupSet> with the ids and names of `ids`.
void write_groups(Xml& xml, const std::vector<std::string>& ids, const Settings& settings);

// <tagSet>; nothing when there are none.
void write_tags(Xml& xml, const std::map<std::string, std::string>& tags);

// <NAME><code/><name/></NAME>
void write_state(Xml& xml, std::string_view name, State state);

}  // namespace cb::ec2sim
