#pragma once
// Where the end-to-end tests end a broker with SIGKILL: around every write of the journal and every
// launch and termination. Compiled in only together with the tests (BROKER_CRASH_POINTS): no
// installed broker can be ended by its environment.
//
//   COMPUTE_BROKER_CRASH_AT=N       at the N-th point that this process reaches, from 1
//   COMPUTE_BROKER_CRASH_LOG=FILE   gets a line with the name of each point that is reached

#include <cstddef>
#include <string>
#include <vector>

#include "port/ports.h"

namespace cb::app {

class CrashPoints {
 public:
  CrashPoints();  // reads the environment
  void reached(const char* point);

 private:
  std::size_t crash_at_ = 0;
  std::size_t count_ = 0;
  std::string log_;
};

// The real store, with a point before and after each commit.
class CrashingStore final : public port::Store {
 public:
  CrashingStore(port::Store& real, CrashPoints& points) : real_(real), points_(points) {}
  Status commit(const std::vector<core::Change>& changes, Now now) override;

 private:
  port::Store& real_;
  CrashPoints& points_;
};

// The real cloud, with a point before and after each call that changes something. After means:
// handed to the network, and not yet sent.
class CrashingCloud final : public port::Cloud {
 public:
  CrashingCloud(port::Cloud& real, CrashPoints& points) : real_(real), points_(points) {}
  void identify(const core::Identify& what) override { real_.identify(what); }
  void launch(const core::LaunchInstance& what) override;
  void list(const core::ListInstances& what) override { real_.list(what); }
  void terminate(const core::TerminateInstances& what) override;
  void tag(const core::TagInstances& what) override { real_.tag(what); }

 private:
  port::Cloud& real_;
  CrashPoints& points_;
};

// What EC2 answered to such a call, with a point before the broker hears of it.
class CrashingSink final : public port::EventSink {
 public:
  CrashingSink(port::EventSink& real, CrashPoints& points) : real_(real), points_(points) {}
  void post(core::Event event) override;

 private:
  port::EventSink& real_;
  CrashPoints& points_;
};

}  // namespace cb::app
