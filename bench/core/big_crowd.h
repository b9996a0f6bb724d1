#pragma once
// A broker whose only launch is still under way, and many callers who wait for it.

#include "bench/core/big_world.h"

namespace cb::bench {

class BigCrowd : BigWorld {
 public:
  explicit BigCrowd(std::size_t callers) : BigWorld(settings_with_image(), 0) {
    std::size_t launched = 0;
    for (std::size_t i = 0; i < callers; ++i) {
      ask();
      launched += count<core::LaunchInstance>();
    }
    CHECK(launched == 1);
  }
  // One more comes, and one who came long ago hangs up.
  void ask_and_hang_up() {
    ask();
    first_hangs_up();
  }

 private:
  void ask() { CHECK(!answered(core::GetWorker{})); }
};

}  // namespace cb::bench
