#pragma once
// What can be seen of a world, for those who judge it. Checkers look at what was asked of EC2 and
// at what EC2 billed; what the broker was told is there for the few rules that depend on it.

#include <stdexcept>
#include <string>
#include <vector>

#include "core/model/cloud.h"
#include "core/model/decision.h"
#include "core/model/event.h"
#include "core/model/record.h"
#include "core/model/request.h"
#include "sim/cloud/instance.h"
#include "sim/run/form.h"

namespace cb::sim {

// A rule is broken: the world stops here.
struct Violated : std::runtime_error {
  Violated(std::string rule_name, const std::string& what)
      : std::runtime_error(what), rule(std::move(rule_name)) {}
  std::string rule;
};

struct LaunchCall {
  LaunchToken token;
  PoolName pool;
  const std::string& body;
  const LaunchForm& form;  // the same, read
  const std::string& region;
};

struct BrokerStart {
  const core::Records& recovered;  // what the journal gave it
  const core::Records& held;       // what it held after its first step
  bool rebooted = false;
};

class Watcher {
 public:
  virtual ~Watcher() = default;

  // Callers.
  virtual void sent(CallerId, const core::Request&) {}   // it lies in the kernel ...
  virtual void asked(CallerId, const core::Request&) {}  // ... and is read
  virtual void answered(CallerId, const core::Answer&) {}
  virtual void hung_up(CallerId) {}                       // by itself
  virtual void cut(CallerId) {}                           // by the end of the broker's process
  virtual void heard(CallerId, const core::Progress&) {}  // while it waits
  virtual void noticed(ConnectionId, const core::Notice&) {}
  virtual void logged(const core::Log&) {}

  // EC2: what was asked of it, what became of it, what the broker was told.
  virtual void launch_called(const LaunchCall&) {}
  virtual void terminate_called(const std::vector<InstanceId>&) {}
  // This call does not end it, or only later: lost, refused, late.
  virtual void terminate_wasted(const InstanceId&) {}
  virtual void listing_called(const core::ListInstances&) {}
  virtual void tag_called(const core::TagInstances&) {}
  virtual void identify_called() {}
  virtual void probe_called(const core::ProbeWorker&) {}
  virtual void hidden(const Instance&, Moment /*until*/) {}  // from listings by tag
  // Calls are made with another account's credentials from now on, or with ours again.
  virtual void credentials(bool /*others*/) {}
  virtual void born(const Instance&) {}
  virtual void ended(const Instance&) {}
  virtual void told(const core::Event&) {}        // just before the broker gets it
  virtual void service_ended(const Instance&) {}  // of a machine that runs; it may begin anew

  // The broker's process and its machine.
  // What a turn wants saved, just before it can be, or cannot.
  virtual void decided(const std::vector<core::Change>&) {}
  virtual void committed(const std::vector<core::Change>&) {}
  virtual void commit_failed() {}
  // Before its first step; after a reboot the calendar may make it believe that more time has
  // passed since its last commit than in truth, or (negative) less.
  virtual void starting(Duration /*misjudged*/) {}
  virtual void started(const BrokerStart&) {}
  virtual void went_down() {}
  // It stood still, and hears the world again, all that was said meanwhile first.
  virtual void hears_again() {}
  // A turn of its loop is over: all that had been asked and told before it has been gone through.
  virtual void turned() {}
  virtual void wall_jumped(Duration) {}
  virtual void journal_lost() {}  // while it is down: all that was known is gone with it
  // After journal_lost(): a backup was put in its place, which holds what was known long ago.
  virtual void journal_restored(const core::Records&) {}

  virtual void healed() {}    // no fault from now on, and nobody asks for anything
  virtual void rested() {}    // nobody has asked for anything for long enough
  virtual void finished() {}  // the world is at its end
};

}  // namespace cb::sim
