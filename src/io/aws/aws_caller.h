#pragma once
// One signed call to EC2 or STS: its turn, its keys, its signature, its time limit, and the few
// repetitions that cannot do anything twice. What the answers mean is io/aws/ec2_cloud.h's
// business.

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "core/model/cloud.h"
#include "io/aws/aws_credentials.h"
#include "io/aws/aws_setup.h"
#include "io/net/token_bucket.h"
#include "port/ports.h"

namespace cb::io {

enum class AwsCallKind {
  kLaunch,     // never repeated by us, on a connection of its own
  kTerminate,  //
  kTag,        // CreateTags, which does nothing twice
  kRead,       // Describe calls and dry runs
  kIdentify,   // STS
};

struct AwsCallSettings {
  Duration connect_limit = seconds{3};         // name, TCP and TLS
  Duration answer_limit = seconds{15};         // of one exchange, connecting included
  Duration launch_answer_limit = seconds{30};  // the same for a launch; then its outcome is unknown
  // From the call to its callback, with waiting for a turn and all repetitions; one exchange that
  // has begun in time is not cut short by it.
  Duration whole_limit = seconds{60};
  // A throttled or failed read or termination is repeated after a random pause below `min`, doubled
  // each time up to `max` (full jitter). AwsSetup::attempts_max goes first.
  int repeats_max = 5;
  Duration repeat_delay_min = milliseconds{200};
  Duration repeat_delay_max = seconds{20};
  // A clock further off than this is corrected for, when AWS refuses a signature.
  Duration skew_min = seconds{60};
  // Below the account's own budgets, which others share:
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  BucketFigures reads{10, 50};
  BucketFigures launches{1, 4};
  BucketFigures terminations{3, 50};
  BucketFigures tags{1, 10};
  BucketFigures identifications{2, 5};
};

struct AwsCall {
  AwsCallKind kind = AwsCallKind::kRead;
  std::string region;
  std::string body;  // wire/ec2_request.h
  // It may be signed with keys of which nobody has asked whose they are; kIdentify always may.
  bool whoever = false;
};
// The body of a 2xx answer, or why there is none. kUnreachable: nothing was sent.
// kUnknownOutcome: sent, and not (or not conclusively) answered. kUnreachable is also said of a
// call that would have been signed with other keys than those known when it was begun.
using AwsReply = std::variant<std::string, core::CloudFailure>;

// One thread: that of `context`. The log gets a line when the clock is corrected, and when refused
// keys are replaced; never a key.
class AwsCaller {
 public:
  using Callback = std::function<void(AwsReply)>;

  // All references must outlive this.
  AwsCaller(boost::asio::io_context& context, AwsCredentials& credentials, port::LogSink& log,
            AwsSetup setup, AwsCallSettings settings = {});
  // Abandons what is under way; no callback runs afterwards.
  ~AwsCaller();
  AwsCaller(const AwsCaller&) = delete;
  AwsCaller& operator=(const AwsCaller&) = delete;

  // Calls `done` exactly once, never from inside this call.
  void call(AwsCall call, Callback done);

  // The first keys are known, and then those that the latest kIdentify was made with, answered or
  // not: two accounts have no access key in common. `told` hears of it, once, when a call meets
  // keys that are not known; it is not made with them.
  void when_keys_change(std::function<void()> told);

  const AwsSetup& setup() const;

 private:
  class Calls;
  std::shared_ptr<Calls> calls_;
};

}  // namespace cb::io
