#pragma once
// The loop that turns the driver: what ports post is queued, and one turn on the io_context steps
// all of it, so that the changes of many clients are saved in one commit. The same loop is turned
// by serve, by the benchmarks, and by tests with a script in the driver's place.
//
// Driven is driver::Driver, or has its calls: post(event), run(now), has_work() and
// next_deadline(). One thread, that of the io_context. Nothing of the queue survives a crash.

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "io/clock/clock.h"
#include "port/ports.h"

namespace cb::io {

struct LoopHooks {
  // Called before a deadline takes effect that has come: who has spoken in time posts it here.
  std::function<void()> before_time_passes = [] {};
  // At the end of each turn.
  std::function<void()> after_turn = [] {};
};

template <class Driven>
class Loop : public port::EventSink {
 public:
  // Turns that a chain of answers given at once may take before others have a word.
  static constexpr int kRoundsATurn = 100;

  explicit Loop(boost::asio::io_context& io) : io_(io), timer_(io) {}

  // Before the first post() and the io_context's first handler. `driven` outlives them.
  void drive(Driven& driven, LoopHooks hooks = {}) {
    driven_ = &driven;
    hooks_ = std::move(hooks);
  }

  void post(core::Event event) override {
    driven_->post(std::move(event));
    wake();
  }

  // A turn soon, never inside the call; asked for many times, it is one.
  void wake() {
    if (std::exchange(awake_, true)) return;
    boost::asio::post(io_, [this] {
      awake_ = false;
      turn();
    });
  }

 private:
  void turn() {
    for (int round = 0; driven_->has_work() && round < kRoundsATurn; ++round) run();
    if (is_due(now())) run();
    if (driven_->has_work()) wake();
    hooks_.after_turn();
    arm_timer();
  }

  // Before time passes for a worker everybody is heard who has spoken in it: after a turn that took
  // long (a stopped process, a slow disk) that may be any number of clients.
  void run() {
    const Now at = now();
    if (is_due(at)) hooks_.before_time_passes();
    driven_->run(at);
  }

  bool is_due(Now at) const {
    const auto due = driven_->next_deadline();
    return due && *due <= at.boot;
  }

  void arm_timer() {
    const auto due = driven_->next_deadline();
    if (due == timer_at_) return;
    timer_at_ = due;
    if (!due) {
      timer_.cancel();
      return;
    }
    // One millisecond more: the timer's clock is not ours, and to wake up too early is to do it
    // twice.
    timer_.expires_after(std::max(*due - now().boot, Duration{0}) + milliseconds{1});
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      timer_at_.reset();
      turn();
    });
  }

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::optional<Instant> timer_at_;
  Driven* driven_ = nullptr;
  LoopHooks hooks_;
  bool awake_ = false;
};

}  // namespace cb::io
