#pragma once
// Ends or stops the broker's process at a chosen point: the ports say where they are, and the armed
// point throws. The world catches it and destroys the process; nothing of it may run afterwards. Or
// it stands still there, and the world goes on without it.

#include <functional>
#include <optional>
#include <utility>

#include "sim/world/ground.h"

namespace cb::sim {

// Thrown through the production driver. Deliberately no std::exception: nobody else catches it.
struct Crashed {
  CrashPoint point;
};

class Crasher {
 public:
  explicit Crasher(Ground& ground) : ground_(ground) {}

  // The next time `point` is reached, after `passes` earlier passings, the process dies there.
  // Returns the number of this arming.
  std::uint64_t arm(CrashPoint point, std::uint64_t passes, std::function<void()> pause = {}) {
    armed_ = point;
    pause_ = std::move(pause);
    passes_left_ = passes;
    return ++armings_;
  }
  // It was not reached for too long; nothing when another has been armed since.
  void give_up(std::uint64_t arming) {
    if (arming == armings_) armed_.reset();
  }
  void disarm() { armed_.reset(); }
  std::optional<CrashPoint> armed() const { return armed_; }

  void reached(CrashPoint point) {
    // While recovering: any point will do.
    const bool here = armed_ == point || armed_ == CrashPoint::kWhileRecovering;
    if (!here || passes_left_-- != 0) return;
    const CrashPoint died = *armed_;
    armed_.reset();
    if (pause_) return std::exchange(pause_, {})();
    ground_.tally.count(died);
    ground_.tally.count(Fault::kCrash);
    if (died == CrashPoint::kWhileRecovering) ground_.tally.count(Fault::kCrashTwice);
    ground_.timeline.note("broker  dies ", name_of(died), " (", name_of(point), ")");
    throw Crashed{died};
  }

 private:
  Ground& ground_;
  std::optional<CrashPoint> armed_;
  std::uint64_t passes_left_ = 0;
  std::function<void()> pause_;  // instead of its end
  std::uint64_t armings_ = 0;
};

}  // namespace cb::sim
