#pragma once
// The values of core and wire as JSON, for the checkers that are written in Python.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "core/model/cloud.h"
#include "wire/sigv4.h"

namespace cb::aws_probe {

std::string text_at(const boost::json::object& object, const char* key);

// Members of the same names; those that are missing keep their defaults.
core::LaunchSpec spec_from(const boost::json::object& object);
wire::RequestToSign request_from(const boost::json::object& object, std::string& body);

boost::json::object to_json(const core::InstanceView& view);
boost::json::object to_json(const std::vector<core::InstanceView>& views);
boost::json::object to_json(const core::CloudFailure& failure);
boost::json::object to_json(const core::TerminateAccepted& accepted);

}  // namespace cb::aws_probe
