#pragma once
// The keys we sign with, found as the AWS CLI finds them and renewed before they expire.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/aws/aws_credential_json.h"
#include "io/aws/aws_credential_process.h"
#include "io/aws/aws_environment.h"

namespace cb::io {

// The chain, first hit wins: the environment's keys; the profile, as wire/aws_profile.h has it; the
// files of the former tools; the container endpoint; the instance's role. Blocks, as long as
// `limits` leave a slow command. A source that was asked for and fails is an Error: falling through
// to the next would sign with somebody else's keys.
Result<AwsCredentialSet> find_credentials(const AwsEnvironment& environment,
                                          CommandLimits limits = {});

struct AwsCredentialLimits {
  Duration renew_before = minutes{5};     // before they expire
  Duration retry_interval = seconds{10};  // after a failure, and at least between two renewals
  Duration forced_interval = seconds{5};  // refresh() sooner than that gives what there is
};

// What is known: the last keys that were found, and why the last attempt failed, if it did. Keys
// that have expired are still here; AWS says so better than our clock.
struct CredentialState {
  std::optional<AwsCredentialSet> set;
  std::string problem;  // empty: the last attempt worked
};

class AwsCredentials {
 public:
  using Find = std::function<Result<AwsCredentialSet>()>;  // called on our thread; may block

  // Begins the first attempt at once, in its own thread.
  explicit AwsCredentials(Find find, AwsCredentialLimits limits = {});
  // Waits for an attempt under way. Callbacks not yet called are dropped.
  ~AwsCredentials();
  AwsCredentials(const AwsCredentials&) = delete;
  AwsCredentials& operator=(const AwsCredentials&) = delete;

  // Any thread; never blocks. Null until the first attempt has ended.
  std::shared_ptr<const CredentialState> current() const;

  // Any thread; never blocks. Calls `done` on our thread when an attempt that began after this call
  // has ended, or when one ended less than forced_interval ago. Before the first attempt has ended:
  // when it ends.
  void refresh(std::function<void()> done);

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  void attempt();
  // When the next attempt is due without being asked; nullopt: never.
  std::optional<Duration> until_next() const;

  Find find_;
  AwsCredentialLimits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All under mutex_:
  std::shared_ptr<const CredentialState> state_;
  std::vector<std::function<void()>> waiting_;
  Clock::time_point ended_{};  // of the last attempt
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cb::io
