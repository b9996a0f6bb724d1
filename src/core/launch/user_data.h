#pragma once
// What a worker's cloud-init is given: the power-off that ends the machine though no broker ever
// comes back (the guard), and the lab's own.
// https://cloudinit.readthedocs.io/en/latest/explanation/format.html

#include <string>

#include "base/result.h"
#include "base/time.h"

namespace cb::core {

// A MIME message that arms a power-off after `max_lifetime`, rounded up to a minute, and then has
// the lab's own, each part in base64, so that its letters arrive whatever they are. The guard
// stands in front, and twice: as a boothook, which runs before anything of the lab's is looked at,
// and as a script, whose schedule a person can see and cancel. What check_user_data() refuses is
// left out, never the guard.
std::string user_data(Duration max_lifetime, const std::string& own);

// Whether `own` can stand beside the guard. Refused is what cloud-init would not run, and what can
// make it give up before it has run anything: content to be fetched (#include), archives in YAML
// and compressed parts. `own` itself must not be compressed any more.
Status check_user_data(const std::string& own);

}  // namespace cb::core
