// The calls about fleets.

#include "ec2sim/api/service.h"
#include "ec2sim/calls/fleet_answers.h"
#include "ec2sim/calls/fleet_request.h"
#include "ec2sim/calls/token.h"

namespace cb::ec2sim {

// A repeat names what was made, whatever became of the template since.
std::string Service::create_fleet(const Call& call, SimNow now, HttpAnswer& answer) {
  const Query query(call.parameters);
  const Fleet* made = fleets_.made_by(call.region, read_token(query), digest_of(call.parameters));
  const bool bare = made && settings_.bare_fleet_repeats;
  if (made) return fleet_answer(*made, bare, answer.request_id);
  FleetOrder order = read_fleet(call.parameters, templates_, settings_, call.region);
  refuse_dry_run(query);
  const Fleet& fleet = fleets_.create(std::move(order), instances_, settings_, now);
  return fleet_answer(fleet, false, answer.request_id);
}

}  // namespace cb::ec2sim
