#pragma once
// EC2's request limits: one token bucket for each kind of call.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html

#include <string_view>

#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

class Throttle {
 public:
  // Takes a token for a call of `action`; false when there is none. STS is not limited here.
  bool admit(const Settings& settings, std::string_view action, Micros now);

 private:
  class Bucket {
   public:
    bool take(const BucketSize& size, Micros now);

   private:
    double spent_ = 0;  // tokens missing from a full bucket
    Micros at_{0};
  };

  Bucket reads_;
  Bucket writes_;
  Bucket launches_;
  Bucket starts_;
  Bucket terminations_;
};

}  // namespace cb::ec2sim
