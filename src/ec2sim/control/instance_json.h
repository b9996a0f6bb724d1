#pragma once
// One instance as the control endpoint shows it.

#include <boost/json/object.hpp>

#include "ec2sim/model/instance.h"

namespace cb::ec2sim {

// Every moment twice: "..._us" in CLOCK_BOOTTIME microseconds and "..._wall_ms"; null: not (yet).
boost::json::object instance_json(const Instance& instance, SimNow now);

// What the instance cost so far: {"billed_seconds", "micro_dollars", "dollars"}.
boost::json::object bill_json(const Instance& instance, SimNow now);

}  // namespace cb::ec2sim
