#pragma once
// What a person can do about a failure of the cloud: which key, quota or right to change.

#include <string>
#include <string_view>

#include "core/model/cloud.h"

namespace cb::core {

// Where a failure was met. All of it optional; what is given is named in the advice.
struct FailureContext {
  std::string_view action = "RunInstances";  // the API call; its IAM right is "ec2:" + action
  std::string_view pool = "default";
  std::string_view region = {};
  std::string_view type = {};  // "c7i.16xlarge": decides which vCPU quota it was
  Market market = Market::kSpot;
  std::string_view instance = {};  // "i-0abc": the one that the call was about
};

// One sentence without a full stop: what to do about `failure`. It names the configuration key, the
// quota or the right. Empty where there is nothing to do but wait.
std::string advice(const CloudFailure& failure, const FailureContext& where);

// The group of types with which `type` shares its vCPU quota : "Standard (A, C, ...)".
// A type of no known group is one of its own.
std::string vcpu_group(std::string_view type);
// Of kQuota: it counts storage, which machines of both markets need.
bool counts_storage(const CloudFailure& failure);
// Whether `failure` is about the instance type that was asked for, so that another may do.
bool concerns_type(const CloudFailure& failure);
// The code of an instance that runs and has no address: ours, EC2 has none for it.
inline constexpr std::string_view kNoAddress = "no address";
// It concerns the subnet of the launch, and no other one of its pool.
bool concerns_subnet(const CloudFailure& failure);
// It concerns spot alone: the account lacks the role that EC2 needs for it.
bool lacks_spot_role(const CloudFailure& failure);

// "InsufficientInstanceCapacity: We currently do not have ... (try ...)": code, AWS's sentence and
// the advice, whichever there are, on one line.
std::string describe(const CloudFailure& failure, const FailureContext& where);

// "was ended by somebody else through EC2 (User initiated shutdown)": a clause of the log and of an
// end's reason, from an instance's StateReason, each word once.
std::string how_it_ended(std::string_view code, std::string_view sentence);

}  // namespace cb::core
