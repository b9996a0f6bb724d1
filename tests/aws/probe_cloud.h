#pragma once
// The real Ec2Cloud, composed as serve does it from the environment, and asked one thing at a time.

#include <boost/json/object.hpp>
#include <memory>

#include "base/result.h"

namespace cb::aws_probe {

class ProbeCloud {
 public:
  // Region, endpoints and credentials come from the process's environment.
  ProbeCloud();
  ~ProbeCloud();

  // {"op": "launch", "spec": {...}}, {"op": "list"}, {"op": "list", "id": "i-1"},
  // {"op": "terminate", "ids": [...]}, {"op": "identify"}, {"op": "check", "image": "ami-1"}.
  // Blocks for the answer.
  boost::json::object ask(const boost::json::object& question);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cb::aws_probe
