#pragma once
// The way to the broker's process. A process that has died gets no answers to what it asked.

#include <functional>
#include <utility>
#include <vector>

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
  void close() {
    taker_ = nullptr;
    held_ = false;
    kept_.clear();
    ground_.set_deaf(false);
  }
  bool is_open() const { return taker_ != nullptr; }

  // The broker must run. While it stands still, what comes lies in the kernel.
  void bring(std::function<void()> word) {
    if (held_) return kept_.push_back(std::move(word));
    word();
  }
  void deliver(core::Event event) {
    bring([this, event = std::move(event)]() mutable {
      const auto* changed = std::get_if<core::SettingsChanged>(&event);
      if (changed != nullptr) {
        ground_.options.settings = changed->settings;
        ground_.settings_just_told = true;
      }
      const auto* planned = std::get_if<core::WarmPlanned>(&event);
      if (planned != nullptr) ground_.warm = planned->windows;
      ground_.tell([&](Watcher& watcher) { watcher.told(event); });
      taker_(std::move(event));
    });
  }
  void hold() {
    held_ = true;
    ground_.set_deaf(true);
  }
  // All that came meanwhile, in its order.
  void release() {
    if (!held_) return;
    held_ = false;
    for (const auto& word : std::exchange(kept_, {})) word();
    ground_.tell([](Watcher& watcher) { watcher.hears_again(); });
    ground_.set_deaf(false);
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
  bool held_ = false;
  std::vector<std::function<void()>> kept_;
  std::uint64_t life_ = 0;
};

}  // namespace cb::sim
