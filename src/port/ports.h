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

// Where the answers go: the driver's queue. Never fails. What is queued when the process dies is
// lost; the next start asks EC2 instead.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void post(core::Event event) = 0;
};

// EC2 and STS of one account; each call names the region it goes to. Each call is answered by
// exactly one event, in any order, within the implementation's own time limit; none fails by
// itself: a refusal, a time-out, missing keys are an answer with a CloudFailure. After a crash no
// answer comes: what was asked may have happened, and whoever asked has the intent in the journal.
class Cloud {
 public:
  virtual ~Cloud() = default;
  // Identified. An empty account where STS cannot be asked in any region; that is no failure.
  virtual void identify(const core::Identify& what) = 0;
  // LaunchAnswered. Sent once: the implementation never repeats it, since only the core knows
  // whether it is still wanted. An answer that does not come is LaunchOutcomeUnknown, never a
  // CloudFailure; what was certainly not sent is kUnreachable.
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
  virtual void launch(const core::LaunchInstance& what) = 0;
  // Listed, with every page or with a failure. May be repeated inside: it changes nothing.
  virtual void list(const core::ListInstances& what) = 0;
  // TerminateAnswered, with each id in exactly one list, or a failure of the whole call. May be
  // repeated inside: ending what ends already is no error.
  virtual void terminate(const core::TerminateInstances& what) = 0;
  // Tagged. May be repeated inside: the last value wins.
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

// The clients' side. No call waits for a slow reader; what cannot be delivered is told by
// CallerGone, at the latest when the connection times out. A crash resets every connection: its
// clients ask again.
class Replies {
 public:
  virtual ~Replies() = default;
  // The last word to this caller. A caller that is gone is ignored.
  virtual void reply(CallerId caller, const core::Answer& answer) = 0;
  // A word while it waits. May be dropped where its reader is slow: the next one says more.
  virtual void tell(CallerId caller, const core::Progress& progress) = 0;
  // Unasked, on a connection that Asked named. Ignored when it is gone; dropped where its reader
  // does not read: whoever asks for its worker hears the same as an answer.
  virtual void notify(ConnectionId connection, const core::Notice& notice) = 0;
};

// The journal. `commit` is the one call that blocks (an fsync: some milliseconds on a disk, seconds
// on one in trouble): until all of `changes` is durable, or none of it happened. `now` dates the
// whole journal: its instants count from this boot. An error is one sentence that names the file
// and what the system said; the driver goes on without launching and tries again.
class Store {
 public:
  virtual ~Store() = default;
  virtual Status commit(const std::vector<core::Change>& changes, Now now) = 0;
};

// Where the sentences go. Never waits for its reader and never fails: what it must drop it counts.
// Lines of the steps before a crash may be lost; nothing is decided by them.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const core::Log& line) = 0;
};

}  // namespace cb::port
