#pragma once
// The control endpoint: JSON under /_sim, for whoever holds the simulator in hand. docs/ec2sim.md
// lists the paths. It is not signed: it listens on loopback beside the stand-in itself.

#include "ec2sim/api/http_message.h"

namespace cb::ec2sim {

class Service;

// Every failure is {"error": "one sentence"} with status 400, 404, 405 or 409.
HttpAnswer answer_control(Service& service, const HttpRequest& request, SimNow now);

}  // namespace cb::ec2sim
