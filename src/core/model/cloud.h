#pragma once
// What the broker says to a cloud and hears from it, in the broker's own words. The bytes are in
// wire/ec2_*.h; nobody else knows an EC2 parameter name.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"

namespace cb::core {

using cb::to_string;  // of durations: ours below would hide it

enum class Market { kSpot, kOnDemand };
std::string_view to_string(Market market);  // "spot", "on-demand"
std::optional<Market> parse_market(std::string_view text);

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
// Billed in kRunning (and kStopping of a hibernating one); in kPending not yet, in kShuttingDown
// no longer. We count from the launch, which never flatters.
enum class InstanceState { kPending, kRunning, kShuttingDown, kTerminated, kStopping, kStopped };
std::string_view to_string(InstanceState state);  // EC2's names: "shutting-down"
std::optional<InstanceState> parse_instance_state(std::string_view text);

// Our tags. Each launch carries all of them, in the same call; an untagged machine is a lost one.
inline constexpr std::string_view kNameTag = "Name";
inline constexpr std::string_view kNameTagValue = "dserv-worker";  // for people
inline constexpr std::string_view kBrokerTag = "compute-broker";   // our name: by which we find it
inline constexpr std::string_view kOwnerTag =
    "compute-broker-owner";  // a Claim (core/model/claim.h)
inline constexpr std::string_view kRivalTag = "compute-broker-rival";  // another broker was here
inline constexpr std::string_view kPoolTag = "compute-broker-pool";
inline constexpr std::string_view kTokenTag = "compute-broker-token";  // the attempt's LaunchToken
inline constexpr std::string_view kExpiryTag = "compute-broker-expires";  // ISO 8601, max_lifetime

// As an answer lists them: a few, each key once.
using Tags = std::vector<std::pair<std::string, std::string>>;

// One instance as one answer of the cloud shows it. Empty text: the answer did not say.
struct InstanceView {
  InstanceId id;
  InstanceState state = InstanceState::kPending;
  std::string type;  // "c7i.16xlarge"
  Market market = Market::kOnDemand;
  std::string image;
  std::string zone;  // "us-east-1b"
  std::string public_address;
  std::string private_address;
  std::optional<WallTime> launched;
  LaunchToken token;  // EC2's clientToken
  Tags tags;
  std::string state_reason_code;  // "Server.InsufficientInstanceCapacity"
  std::string state_reason;       // the sentence beside it
  std::optional<WallTime> ended;  // from "User initiated (2026-11-23 10:00:00 GMT)", where given

  std::string_view tag(std::string_view key) const;  // "" when absent
  bool operator==(const InstanceView&) const = default;
};

// The classes every AWS error code falls into (core/advice/cloud_error.h holds the one table).
enum class FailureClass {
  kCapacity,        // this candidate has none now: try the next
  kQuota,           // this market is closed for the account: try the other
  kThrottle,        // asked too often: the same again, later
  kDenied,          // credentials or rights
  kBadConfig,       // a name in the configuration that AWS does not know
  kNotYetVisible,   // an id too young to be found
  kTokenEnded,      // IdempotentInstanceTerminated: that attempt is over
  kTokenMismatch,   // IdempotentParameterMismatch: stop and look
  kUnknownOutcome,  // it may or may not have happened
  kUnreachable,     // it did not happen: nothing was sent
  kUnexpected,      // everything else; never "retry"
};
std::string_view to_string(FailureClass c);

struct CloudFailure {
  FailureClass what = FailureClass::kUnexpected;
  std::string code;     // AWS's code, or ours in lower case: "timeout", "connect"
  std::string message;  // AWS's sentence, or ours
  bool operator==(const CloudFailure&) const = default;
};

// All that a launch needs. One spec belongs to one attempt; its encoded form is saved with the
// intent and sent again byte for byte.
struct LaunchSpec {
  LaunchToken token;  // at most 64 ASCII characters
  std::string region;
  Market market = Market::kSpot;
  std::string type;
  std::string image;
  std::string key_name;                      // empty: none
  std::vector<std::string> security_groups;  // ids (sg-...) or names; names only without a subnet
  std::string subnet;                        // empty: the default subnet of a zone EC2 chooses
  std::string zone;                          // empty: EC2 chooses
  std::string instance_profile;              // name or ARN; empty: none
  std::string user_data;                     // plain; compressed where it is too long
  std::optional<bool> public_address;        // unset: as the subnet says
  std::map<std::string, std::string> tags;
  bool operator==(const LaunchSpec&) const = default;
};
// Turns a spec into the bytes to send (wire::encode_run_instances). Must be a pure function: the
// result is saved with the intent and sent again unchanged.
using EncodeLaunch = std::string (*)(const LaunchSpec&);

// The answers. A launch answers with instances and failures at once when it succeeds in part.
struct Launched {
  std::vector<InstanceView> instances;
};
// It may have happened: a time-out, a reset, or an unclassified 5xx after the request was sent.
struct LaunchOutcomeUnknown {
  CloudFailure why;
};
using LaunchResult = std::variant<Launched, CloudFailure, LaunchOutcomeUnknown>;

// What a listing asks for. By tag: everything with compute-broker=`broker`, and where `named` also
// everything with Name=dserv-worker, which need not be ours.
struct ListByTag {
  std::string broker;
  bool named = false;
  bool operator==(const ListByTag&) const = default;
};
struct ListByIds {
  std::vector<InstanceId> ids;
  bool operator==(const ListByIds&) const = default;
};
using ListQuery = std::variant<ListByTag, ListByIds>;

// All pages of one listing, each instance once. A listing that failed on any page is a
// CloudFailure, never a short Listing. An id that EC2 does not know is left out of it, and no
// failure.
struct Listing {
  std::vector<InstanceView> instances;
};
using ListResult = std::variant<Listing, CloudFailure>;

struct TerminatedNow {
  InstanceId id;
  InstanceState state;  // what the answer's currentState says
};
// EC2 will not end this one: it is protected, may not be ended with our rights, is in no state for
// it. Or it was not got to before the call as a whole was refused (concerns_the_call()).
struct InstanceRefused {
  InstanceId id;
  CloudFailure why;
};
// EC2 refuses a whole TerminateInstances for the sake of one id. The cloud port leaves that one out
// and asks again for the others, so that every id asked for is in exactly one of the lists.
struct TerminateAccepted {
  std::vector<TerminatedNow> instances;
  std::vector<InstanceId> not_found;
  std::vector<InstanceRefused> refused;
};
// A CloudFailure concerns the call and says nothing of any one instance: throttled, unreachable,
// unknown, or the keys are refused.
using TerminateResult = std::variant<TerminateAccepted, CloudFailure>;

// Who we are to the cloud. An empty account: STS could not be asked. Where calls go is none of its
// business: that is Settings::region, whatever STS says or does not say.
struct CloudIdentity {
  std::string account;
  bool operator==(const CloudIdentity&) const = default;
};

}  // namespace cb::core
