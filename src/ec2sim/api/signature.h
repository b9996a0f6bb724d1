#pragma once
// Who asks, and whether the request is really theirs.

#include <string>

#include "ec2sim/api/http_message.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

struct Caller {
  std::string key_id;
  std::string region;   // of the signature's scope
  std::string service;  // "ec2", "sts"
};

// Checks the Authorization header of a signed request at the wall time `now`. Throws Refusal:
// MissingAuthenticationToken (not signed), IncompleteSignature, AuthFailure (unknown key or wrong
// signature or region), RequestExpired.
Caller authenticate(const HttpRequest& request, const Settings& settings, Micros now);

}  // namespace cb::ec2sim
