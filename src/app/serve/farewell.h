#pragma once
// What a broker that stops leaves behind.

#include <string>

#include "base/time.h"
#include "core/model/record.h"

namespace cb::app {

// "no worker is running", or which go on and bill, and when they end without a broker.
std::string what_goes_on(const core::Records& records, Duration max_lifetime);

}  // namespace cb::app
