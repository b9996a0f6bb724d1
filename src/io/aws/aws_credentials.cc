#include "io/aws/aws_credentials.h"

#include <algorithm>
#include <utility>

namespace cb::io {
namespace {

// Wall time may jump and the machine may sleep, so the wait for an expiry looks again this often.
constexpr Duration kLookAgain = minutes{1};

}  // namespace

AwsCredentials::AwsCredentials(Find find, AwsCredentialLimits limits)
    : find_(std::move(find)), limits_(limits), thread_([this] { run(); }) {}

AwsCredentials::~AwsCredentials() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::shared_ptr<const CredentialState> AwsCredentials::current() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void AwsCredentials::refresh(std::function<void()> done) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  changed_.notify_all();
}

void AwsCredentials::run() {
  attempt();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const bool asked = !waiting_.empty();
    const bool fresh = Clock::now() - ended_ < limits_.forced_interval;
    const auto next = until_next();
    if ((asked && !fresh) || (next && *next <= Duration{0})) {
      lock.unlock();
      attempt();
      lock.lock();
    } else if (asked) {
      const auto done = std::exchange(waiting_, {});
      lock.unlock();
      for (const auto& callback : done) callback();
      lock.lock();
    } else if (next) {
      changed_.wait_for(lock, std::min(*next, kLookAgain));
    } else {
      changed_.wait(lock);
    }
  }
}

void AwsCredentials::attempt() {
  std::vector<std::function<void()>> done;
  {
    std::lock_guard lock(mutex_);
    // At the start whoever waits is waiting for this very attempt.
    if (state_ != nullptr) done.swap(waiting_);
  }
  auto found = find_();
  {
    std::lock_guard lock(mutex_);
    auto state = std::make_shared<CredentialState>();
    if (found) {
      state->set = std::move(*found);
    } else {
      if (state_ != nullptr) state->set = state_->set;
      state->problem = found.error().what;
    }
    state_ = std::move(state);
    ended_ = Clock::now();
    if (stop_) return;
  }
  for (const auto& callback : done) callback();
}

std::optional<Duration> AwsCredentials::until_next() const {
  const auto since = std::chrono::floor<Duration>(Clock::now() - ended_);
  const Duration pause = limits_.retry_interval - since;
  if (!state_->problem.empty()) return pause;
  if (!state_->set->expires) return {};
  const auto now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  return std::max(pause, *state_->set->expires - limits_.renew_before - now);
}

}  // namespace cb::io
