#pragma once
// Which part of 127.0.0.0/8 this simulator's workers live in. Several simulators may run on one
// machine (tests do), and must not share addresses.

#include "base/result.h"

namespace cb::ec2sim {

class NetClaim {
 public:
  // Claims 127.net.0.0/16, or with 0 the first free one. The claim ends with the process, however
  // it ends.
  static Result<NetClaim> claim(int net);
  NetClaim(NetClaim&& other) noexcept;
  NetClaim& operator=(NetClaim&&) = delete;
  ~NetClaim();

  int net() const { return net_; }

 private:
  NetClaim(int net, int fd) : net_(net), fd_(fd) {}

  int net_;
  int fd_;
};

}  // namespace cb::ec2sim
