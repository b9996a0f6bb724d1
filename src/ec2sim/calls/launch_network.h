#pragma once
// The network part of RunInstances: zone, subnet, security groups, public address.

#include "ec2sim/api/query.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// Fills in zone, subnet, groups and public_address; `order.region` is set. Throws Refusal: a name
// that does not exist, or a combination that EC2 refuses.
void read_network(const Query& query, const Settings& settings, LaunchOrder& order);

}  // namespace cb::ec2sim
