#include "io/aws/aws_credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace cb::io {
namespace {

// Keys that count the attempts: the first attempt gives "1".
class Counted {
 public:
  std::function<Result<AwsCredentialSet>()> find(std::optional<Duration> lifetime = {}) {
    return [this, lifetime]() -> Result<AwsCredentialSet> {
      const int n = ++attempts;
      if (failing) return Error{"no luck"};
      AwsCredentialSet set{{std::to_string(n), "S", ""}, {}, "test"};
      if (lifetime) {
        set.expires = std::chrono::floor<Duration>(std::chrono::system_clock::now()) + *lifetime;
      }
      return set;
    };
  }
  std::atomic<int> attempts = 0;
  std::atomic<bool> failing = false;
};

void refresh_and_wait(AwsCredentials& credentials) {
  std::promise<void> ended;
  credentials.refresh([&] { ended.set_value(); });
  ASSERT_EQ(ended.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
}

void wait_for_attempts(const Counted& counted, int n) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (counted.attempts < n && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  ASSERT_GE(counted.attempts, n);
}

constexpr AwsCredentialLimits kQuick{.renew_before = minutes{5},
                                     .retry_interval = milliseconds{1},
                                     .forced_interval = milliseconds{0}};

TEST(AwsCredentials, KeysThatDoNotExpireAreFoundOnceUntilAskedFor) {
  Counted counted;
  AwsCredentials credentials(counted.find(), kQuick);
  wait_for_attempts(counted, 1);
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->set->keys.id, std::to_string(counted.attempts.load()));
  EXPECT_EQ(counted.attempts, 2);
}

TEST(AwsCredentials, TheFirstRefreshWaitsForTheFirstAttempt) {
  Counted counted;
  AwsCredentials credentials(counted.find(), {.forced_interval = hours{1}});
  refresh_and_wait(credentials);
  refresh_and_wait(credentials);
  EXPECT_EQ(counted.attempts, 1);  // the second came within forced_interval
  EXPECT_EQ(credentials.current()->set->keys.id, "1");
}

TEST(AwsCredentials, KeysAreRenewedBeforeTheyExpire) {
  Counted counted;
  AwsCredentials credentials(counted.find(minutes{4}), kQuick);  // within renew_before: at once
  wait_for_attempts(counted, 3);
  Counted lasting;
  AwsCredentials longer(lasting.find(hours{1}), kQuick);
  refresh_and_wait(longer);
  EXPECT_LE(lasting.attempts, 2);
}

TEST(AwsCredentials, AFailureKeepsTheKeysSaysWhyAndIsTriedAgain) {
  Counted counted;
  AwsCredentials credentials(counted.find(), kQuick);
  refresh_and_wait(credentials);
  const std::string before = credentials.current()->set->keys.id;
  counted.failing = true;
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->problem, "no luck");
  EXPECT_EQ(credentials.current()->set->keys.id, before);
  wait_for_attempts(counted, counted.attempts + 2);
  counted.failing = false;
  refresh_and_wait(credentials);
  EXPECT_EQ(credentials.current()->problem, "");
}

}  // namespace
}  // namespace cb::io
