#pragma once
// ClientToken, by which a call may be repeated.

#include <string>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

// "" when there is none. Throws Refusal: longer than 64 characters, or not ASCII.
std::string read_token(const Query& query);

// What a token stands for: all parameters but DryRun.
std::string digest_of(const Parameters& parameters);

}  // namespace cb::ec2sim
