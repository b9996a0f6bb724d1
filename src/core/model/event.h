#pragma once
// Everything that can happen to the broker. Events come one at a time, on the driver's thread, in
// the order in which the driver heard of them, which need not be that in which they happened. Any
// of them may be lost in a crash: only Started and a listing are believed about what is.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/cloud.h"
#include "core/model/record.h"
#include "core/model/request.h"
#include "core/model/settings.h"
#include "core/model/warm.h"

namespace cb::core {

// First event of every run, with what the journal held. `journal_lost`: it was damaged and set
// aside, so that EC2's tags are all we have (`lost_why` names the file).
struct Started {
  Records records;
  std::string fresh_nonce;  // random, 8 to 16 of [a-z0-9]; used only when the journal has none
  bool journal_lost = false;
  std::string lost_why;
  // The instants of `records` were moved from another boot into this one: all of it is saved in the
  // first step, since the next commit dates the whole journal to this boot.
  bool clock_moved = false;
  // Names this machine and state_dir, the same in every run there; empty: cannot be told.
  std::string place = {};
};
// The answer to Identify.
struct Identified {
  CloudIdentity identity;  // empty account: unknown
};
// The calls to come would be signed with other keys than those that Identify was last answered for,
// perhaps another account's. None is made with them until Identify, asked after this, is answered.
struct KeysChanged {};
// Who asks, for the log and for the reason of an end. Empty: not known.
struct Origin {
  std::string address;  // of the connection: "192.0.2.7"
  std::string name;     // which the client gave itself
};
std::string to_string(const Origin& origin);  // "rig-3 at 192.0.2.7", "a client"
// A client's request, complete and well formed (wire/text_session.h). `caller` is new with each:
// answered by exactly one Reply unless CallerGone comes first.
struct Asked {
  CallerId caller;  // from the door that it came in by, which alone can reply
  Request request;
  Origin origin = {};
  ConnectionId connection = {};  // of one that may hold leases; 0: it may not
};
// The caller's connection was reset, or a write to it failed. No Reply may follow.
struct CallerGone {
  CallerId caller;
};
// A connection that may hold leases has ended, whichever way.
struct ConnectionLost {
  ConnectionId connection;
};
// The answer to LaunchInstance. May come late, after the attempt was closed, or twice.
struct LaunchAnswered {
  LaunchToken token;
  std::string region;  // of the call
  LaunchResult result;
};
// The answer to ListInstances: what EC2 showed some time between question and answer; it may lag
// behind a launch or an end by minutes.
// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
struct Listed {
  QueryId query;  // of the one asked; another one is ignored
  ListResult result;
};
// The answer to TerminateInstances.
struct TerminateAnswered {
  std::vector<InstanceId> asked;
  TerminateResult result;
};
// The answer to TagInstances. Every id that was asked for and is not refused has the tag now.
// `failure`: none of them has.
struct Tagged {
  std::vector<InstanceId> asked;
  std::string key;
  std::vector<InstanceRefused> refused;
  std::optional<CloudFailure> failure;
};
enum class ProbeKind { kDserv, kTcp };
enum class ProbeOutcome {
  kReady,     // the service answered as ready (for kTcp: accepted)
  kAccepted,  // the connection was accepted, perhaps closed at once: alive
  kAsked,     // kDserv only: accepted, and the question is out; another outcome follows
  kRefused,
  kUnreachable,  // no connection within its limit, or an ICMP error
  kLost,         // asked, and then no sign of life of the other machine: no word on its service
  kWrong,        // answered, but not as the service should
  kUnknown,      // this machine could not try: no word on the worker
};
std::string_view to_string(ProbeOutcome outcome);
// The answer to ProbeWorker. Of a probe that nobody remembers: ignored.
struct Probed {
  ProbeId probe;
  InstanceId worker;
  ProbeOutcome outcome;
  ProbeKind kind = ProbeKind::kTcp;
};
// `next_deadline()` has come. Handling it early or twice is harmless.
struct TimePassed {};
// A save failed: nothing of that batch is durable and its launches were not made.
struct SaveFailed {
  std::string why;
  std::vector<LaunchToken> launches_not_made;
};
// A save works again, after SaveFailed.
struct SaveWorks {};
// A reload (SIGHUP) that was found valid as a whole. Takes effect at once; nothing that runs is
// ended by it, except what nobody ever had and what its pool would no longer launch.
struct SettingsChanged {
  Settings settings;
};
// The warm windows from some days ago until some days ahead, in place of those told before. Told
// after Started and SettingsChanged, and again before the calendar leaves those days; until it is
// told none holds.
struct WarmPlanned {
  WarmWindows windows;
};
// SIGTERM: answer who waits, and begin nothing. With `terminate_workers` end them all first;
// the driver stops when Broker::quiet() or at its own limit.
struct StopRequested {
  bool terminate_workers = false;
};

using Event = std::variant<Started, Identified, KeysChanged, Asked, CallerGone, ConnectionLost,
                           LaunchAnswered, Listed, TerminateAnswered, Tagged, Probed, TimePassed,
                           SaveFailed, SaveWorks, SettingsChanged, WarmPlanned, StopRequested>;

}  // namespace cb::core
