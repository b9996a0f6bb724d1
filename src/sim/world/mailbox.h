#pragma once
// The way to the broker's process. A process that has died gets no answers to what it asked.

#include <functional>
#include <utility>

#include "core/model/event.h"
#include "sim/world/ground.h"

namespace cb::sim {

class Mailbox {
 public:
  using Taker = std::function<void(core::Event)>;

  explicit Mailbox(Ground& ground) : ground_(ground) {}

  void open(Taker taker) {
    taker_ = std::move(taker);
    ++life_;
  }
  void close() { taker_ = nullptr; }
  bool is_open() const { return taker_ != nullptr; }

  // The broker must run.
  void deliver(core::Event event) {
    ground_.tell([&](Watcher& watcher) { watcher.told(event); });
    taker_(std::move(event));
  }
  // After `delay`, unless the process that runs now has died by then.
  void deliver_after(Duration delay, core::Event event) {
    when_alive(delay, [this, event = std::move(event)]() mutable { deliver(std::move(event)); });
  }
  void when_alive(Duration delay, std::function<void()> what) {
    ground_.after(delay, [this, life = life_, what = std::move(what)] {
      if (is_open() && life == life_) what();
    });
  }

 private:
  Ground& ground_;
  Taker taker_;
  std::uint64_t life_ = 0;
};

}  // namespace cb::sim
