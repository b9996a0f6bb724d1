#pragma once
// Everything that the broker can want done. The driver performs a decision's actions in their
// order, on its own thread, each through the port that is named here. None can fail: what goes
// wrong comes back as an event. A crash between save and then loses the actions: recovery asks EC2
// what became of those that the journal announces, and the others are decided anew.

#include <string>
#include <variant>
#include <vector>

#include "core/model/cloud.h"
#include "core/model/event.h"
#include "core/model/record.h"
#include "core/model/request.h"

namespace cb::core {

// Replies: the one answer to a request. The caller's id is not used again.
struct Reply {
  CallerId caller;
  Answer answer;
};
// Replies: a word to one that waits, protocol 2 only.
struct Tell {
  CallerId caller;
  Progress progress;
};
// Replies: unasked, to a connection that holds a lease. One that is gone is ignored.
struct Notify {
  ConnectionId connection;
  Notice notice;
};
// Cloud: whose account the keys are. Answered by Identified.
struct Identify {
  std::vector<std::string> regions;  // whose STS is asked: the next where one does not answer
};
// Cloud: RunInstances. The only action that must not happen unless the batch's changes are durable.
// Answered by LaunchAnswered with the same token.
struct LaunchInstance {
  LaunchToken token;
  std::string region;   // "eu-west-1"; its endpoint gets the call
  std::string request;  // AttemptRecord::request
};
// Cloud: DescribeInstances, all pages. Answered by Listed with the same query.
struct ListInstances {
  QueryId query;
  std::string region;  // the answer knows nothing of another
  ListQuery what;
};
// Cloud: what is wanted gone. Answered by TerminateAnswered, which is no proof of an end: a listing
// is. Also harmless for what has ended already.
struct TerminateInstances {
  std::string region;           // in which all of them are
  std::vector<InstanceId> ids;  // not empty, each once
};
// Cloud: CreateTags. Answered by Tagged. The tag is put on all of them, in place of a former one of
// that key.
struct TagInstances {
  std::string region;           // in which all of them are
  std::vector<InstanceId> ids;  // not empty, each once
  std::string key;              // one of core/model/cloud.h
  std::string value;            // at most 256 characters, EC2's limit
};
// Prober. kTcp: whether its port accepts. kDserv: the one question that a worker is asked at a
// time, on a connection that is kept; the answer has no time limit, since a worker that boots or
// computes answers when it is done.
struct ProbeWorker {
  ProbeId probe;
  InstanceId worker;
  std::string address;
  int port = 2560;
  ProbeKind kind = ProbeKind::kDserv;
  Duration connect_limit{600};
  // kDserv only: silence after which the other machine is asked for a sign of life, and so long
  // again after each, before its connection counts as lost.
  Duration keep_alive{30'000};
  std::size_t keep_alive_max = 3;
};
// Prober. Closes the connection on which `worker` is asked. Its question, if one is open, gets no
// answer.
struct HangUp {
  InstanceId worker;
};
// As syslog knows them, kAlert being LOG_ALERT; `log_level` leaves out what is below.
enum class LogLevel { kDebug, kInfo, kWarning, kError, kAlert };
// The ids of instances, launches (their tokens) and pools that a sentence is about, so that
// everything that was said of one of them can be found without reading sentences.
using Ids = std::vector<std::string>;
struct About {
  Ids ids;
};
About about(const WorkerRecord& worker);
About about(const AttemptRecord& attempt);
About about(const InstanceId& instance);
About about(const PoolName& pool);
// One decision and its reason, in one sentence with ids. `key` is a stable word for scripts
// ("worker.idle"). kAlert: somebody should act; said once until it is mended.
struct Log {
  LogLevel level = LogLevel::kInfo;
  std::string key;
  std::string text;
  // Lines of one key and kind say the same to a person: the log has one of them for a while, and
  // then how many more there were. Empty: each counts. Clients can cause these as often as they
  // ask.
  std::string kind = {};
  Ids about = {};
};

using Action = std::variant<Reply, Tell, Notify, Identify, LaunchInstance, ListInstances,
                            TerminateInstances, TagInstances, ProbeWorker, HangUp, Log>;

// One step's outcome. What is in `save` is durable before anything in `then` begins, as one commit;
// where nothing is to be saved there is none. A commit that fails drops the launches in `then`, and
// SaveFailed tells of it.
struct Decision {
  std::vector<Change> save;
  std::vector<Action> then;
};

}  // namespace cb::core
