#pragma once
// Rule 1: every caller gets exactly one answer, within its patience.

#include <map>

#include "sim/world/ground.h"
#include "sim/world/watcher.h"

namespace cb::sim {

class OneAnswer : public Watcher {
 public:
  explicit OneAnswer(Ground& ground) : ground_(ground) {}

  void asked(CallerId caller, const core::Request& request) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void hung_up(CallerId caller) override;
  void cut(CallerId caller) override { open_.erase(caller); }

 private:
  static bool fits(const core::Request& request, const core::Answer& answer);
  Duration patience(const core::Request& request) const;

  Ground& ground_;
  std::map<CallerId, core::Request> open_;
  std::map<CallerId, Moment> gone_;
};

}  // namespace cb::sim
