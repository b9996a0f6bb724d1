#pragma once
// When everything will happen to a new instance.

#include "base/prng.h"
#include "ec2sim/model/instance.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// Fills in the times of an instance that is accepted at `accepted`: its ordinary life, changed by
// the fates that fall. May use up a fate's `next`.
void plan_life(Instance& instance, Micros accepted, Settings& settings, Prng& prng);

// Its service opens its port at `opens`, and boots.
void plan_service(Times& times, Micros opens, const Settings& settings, Prng& prng);

// Begins to end at `when`: shutting-down for a while if it ran, terminated at once if it was
// pending. Any earlier plan of an end is replaced.
void plan_end(Instance& instance, Micros when, Micros shutting_down);

// How an end is told, in EC2's words.
struct EndReason {
  std::string code;     // StateReason's code: "Client.UserInitiatedShutdown"
  std::string message;  // its sentence
  std::string text;     // StateTransitionReason, before the time: "User initiated"
};
EndReason user_initiated();
EndReason by_service(std::string_view code);
void tell(Instance& instance, const EndReason& reason);

}  // namespace cb::ec2sim
