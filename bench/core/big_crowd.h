#pragma once
// A broker whose only launch is still under way, and many callers who wait for it.

#include <string>

#include "base/check.h"
#include "bench/kit/fake_cloud.h"
#include "core/broker.h"

namespace cb::bench {

class BigCrowd {
 public:
  explicit BigCrowd(std::size_t callers) : broker_(settings_with_image(), encode) {
    core::Started started;
    started.fresh_nonce = "benchmark";
    run(std::move(started));
    run(core::Identified{{"111122223333"}});
    CHECK(query_.value != 0);
    run(core::Listed{query_, core::Listing{}});
    for (std::size_t i = 0; i < callers; ++i) ask();
    CHECK(launches_ == 1);
  }
  // One more comes, and one who came long ago hangs up.
  void ask_and_hang_up() {
    ask();
    run(core::CallerGone{{++gone_}});
  }

 private:
  static std::string encode(const core::LaunchSpec&) { return "request"; }
  void ask() { run(core::Asked{{++caller_}, core::GetWorker{}}); }
  void run(const core::Event& event) {
    const core::Decision decision = broker_.step(now_, event);
    for (const core::Action& action : decision.then) {
      CHECK(!std::holds_alternative<core::Reply>(action));
      if (std::holds_alternative<core::LaunchInstance>(action)) ++launches_;
      if (const auto* list = std::get_if<core::ListInstances>(&action)) query_ = list->query;
    }
  }

  Now now_{Instant{hours{100}}, WallTime{hours{490'000}}};
  core::Broker broker_;
  std::uint64_t caller_ = 0;
  std::uint64_t gone_ = 0;
  std::size_t launches_ = 0;
  QueryId query_{};
};

}  // namespace cb::bench
