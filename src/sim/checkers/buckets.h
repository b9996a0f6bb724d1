#pragma once
// Rule 8: calls stay inside the account's token buckets, whatever the number of clients.

#include <algorithm>

#include "base/text.h"
#include "sim/world/ground.h"
#include "sim/world/watcher.h"

namespace cb::sim {

// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
class Bucket {
 public:
  Bucket(const char* name, int burst, int each_second)
      : name_(name), burst_(burst), each_second_(each_second), tokens_ms_(burst * 1000LL) {}

  void take(Moment now) {
    tokens_ms_ =
        std::min(burst_ * 1000LL, tokens_ms_ + (now - last_) / milliseconds{1} * each_second_);
    last_ = now;
    tokens_ms_ -= 1000;
    if (tokens_ms_ >= 0) return;
    throw Violated("8-buckets", str(name_, " was called too often (burst ", burst_, ", ",
                                    each_second_, " a second)"));
  }

 private:
  const char* name_;
  long long burst_;
  long long each_second_;
  long long tokens_ms_;  // thousandths
  Moment last_{};
};

class Buckets : public Watcher {
 public:
  explicit Buckets(const Ground& ground) : ground_(ground) {}

  // As of when it was decided: a process that stands still between that and the call cannot know
  // that its call comes together with later ones, of which EC2 then throttles one.
  void launch_called(const LaunchCall&) override { launches_.take(ground_.turn.at); }
  void terminate_called(const std::vector<InstanceId>&) override {
    terminations_.take(ground_.turn.at);
  }
  void listing_called(const core::ListInstances&) override { listings_.take(ground_.turn.at); }

 private:
  const Ground& ground_;
  Bucket launches_{"RunInstances", 5, 2};
  Bucket terminations_{"TerminateInstances", 100, 5};
  Bucket listings_{"DescribeInstances", 100, 20};
};

}  // namespace cb::sim
