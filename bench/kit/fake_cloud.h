#pragma once
// Ports whose other side is perfect: one machine that runs and answers, a disk that takes
// everything at once. What remains is the broker's own cost.

#include <string>

#include "base/text.h"
#include "port/ports.h"

namespace cb::bench {

inline constexpr const char* kImage = "ami-0123456789abcdef0";

inline core::Settings settings_with_image() {
  core::Settings settings;
  core::PoolSettings& pool = settings.pools.begin()->second;
  pool.image = kImage;
  settings.region = "us-east-1";
  return settings;
}

inline std::string address_of(std::size_t number) {
  return str("10.", number >> 16 & 255, '.', number >> 8 & 255, '.', number & 255);
}

inline InstanceId ready_worker_id(std::size_t number) {
  return {str("i-0", 1'000'000'000'000'000 + number)};
}

inline core::WorkerRecord ready_worker(std::size_t number, Now now) {
  core::WorkerRecord record;
  record.id = ready_worker_id(number);
  record.pool = {"default"};
  record.account = "111122223333";
  record.region = "us-east-1";
  record.type = core::PoolSettings{}.instance_types.front();
  record.image = kImage;
  record.zone = "us-east-1b";
  record.address = address_of(number);
  record.phase = core::WorkerPhase::kReady;
  record.begun = record.last_used = now.boot;
  record.launched = now.wall;
  return record;
}

inline core::InstanceView running(const core::WorkerRecord& record) {
  core::InstanceView view;
  view.id = record.id;
  view.state = core::InstanceState::kRunning;
  view.type = record.type;
  view.market = record.market;
  view.image = record.image;
  view.zone = record.zone;
  view.public_address = record.address;
  view.launched = record.launched;
  view.tags = {{std::string(core::kNameTag), std::string(core::kNameTagValue)},
               {std::string(core::kBrokerTag), "default"},
               {std::string(core::kPoolTag), "default"}};
  return view;
}

class PerfectPorts : public port::Cloud,
                     public port::Prober,
                     public port::Store,
                     public port::LogSink {
 public:
  std::vector<core::InstanceView> machines;
  port::EventSink* sink = nullptr;  // set before the first event

  void identify(const core::Identify&) override { sink->post(core::Identified{{"111122223333"}}); }
  void launch(const core::LaunchInstance& what) override {
    sink->post(core::LaunchAnswered{what.token, what.region, core::Launched{machines}});
  }
  void list(const core::ListInstances& what) override {
    sink->post(core::Listed{what.query, core::Listing{machines}});
  }
  void terminate(const core::TerminateInstances& what) override {
    sink->post(core::TerminateAnswered{what.ids, core::TerminateAccepted{}});
  }
  void tag(const core::TagInstances& what) override {
    sink->post(core::Tagged{what.ids, what.key, {}, {}});
  }
  void probe(const core::ProbeWorker& what) override {
    if (what.kind == core::ProbeKind::kDserv) {
      sink->post(core::Probed{what.probe, what.worker, core::ProbeOutcome::kAsked, what.kind});
    }
    sink->post(core::Probed{what.probe, what.worker, core::ProbeOutcome::kReady, what.kind});
  }
  void hang_up(const InstanceId&) override {}
  Status commit(const std::vector<core::Change>&, Now) override { return Done{}; }
  void write(const core::Log&) override {}
};

}  // namespace cb::bench
