#pragma once
// What the broker's decisions need from outside. Each interface is called on the driver's thread
// only and must not block, Store excepted. Answers come back as events through EventSink, also on
// the driver's thread, never from inside the call that caused them.

#include <string>
#include <vector>

#include "base/result.h"
#include "core/model/decision.h"
#include "core/model/event.h"

namespace cb::port {

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void post(core::Event event) = 0;
};

// Each call is answered by exactly one event (Identified, LaunchAnswered, Listed,
// TerminateAnswered, Tagged), within the implementation's own time limit. Launches are never
// repeated by the implementation: an answer that does not come is LaunchOutcomeUnknown.
class Cloud {
 public:
  virtual ~Cloud() = default;
  virtual void identify() = 0;
  virtual void launch(const core::LaunchInstance& what) = 0;
  virtual void list(const core::ListInstances& what) = 0;
  virtual void terminate(const core::TerminateInstances& what) = 0;
  virtual void tag(const core::TagInstances& what) = 0;
};

// kTcp is answered by one Probed event, at the latest after connect_limit. kDserv is asked on the
// connection that the worker's last kDserv left open, or on a new one (within connect_limit), and
// is answered by kAsked and then, whenever that is, by one more event; or by one that says why it
// was not asked. After kReady the connection stays open for the next question, until hang_up; after
// everything else it is closed. Each worker has one question at a time.
class Prober {
 public:
  virtual ~Prober() = default;
  virtual void probe(const core::ProbeWorker& what) = 0;
  // Nothing when there is no such connection. An answer that was posted before may still come.
  virtual void hang_up(const InstanceId& worker) = 0;
};

class Replies {
 public:
  virtual ~Replies() = default;
  // The last word to this caller. A caller that is gone is ignored.
  virtual void reply(CallerId caller, const core::Answer& answer) = 0;
  virtual void tell(CallerId caller, const core::Progress& progress) = 0;
};

// The journal. `commit` blocks until all of it is durable, or none of it happened.
class Store {
 public:
  virtual ~Store() = default;
  virtual Status commit(const std::vector<core::Change>& changes, Now now) = 0;
};

class Journal {
 public:
  virtual ~Journal() = default;
  virtual void log(const core::Log& line) = 0;
};

}  // namespace cb::port
