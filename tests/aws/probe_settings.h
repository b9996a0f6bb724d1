#pragma once
// How we read AWS's own settings, one question at a time.

#include <boost/json/object.hpp>

namespace cb::aws_probe {

// {"op": "setup", "variables": {...}, "region": "", "endpoint": ""}: where calls go, and with which
// keys. {"op": "parse", "text": ...}, {"op": "words", "text": ...}, {"op": "expiration", "text":
// ...}, {"op": "endpoint", "service": ..., "region": ..., "fips": false, "dual_stack": false,
// "sts_legacy": false}, {"op": "proxy", "variables": {...}, "url": ...}, {"op": "table"}.
boost::json::object read_settings(const boost::json::object& question);

}  // namespace cb::aws_probe
