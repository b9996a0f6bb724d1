#pragma once
// Everything the broker can want done.

#include <string>
#include <variant>
#include <vector>

#include "core/model/cloud.h"
#include "core/model/event.h"
#include "core/model/record.h"
#include "core/model/request.h"

namespace cb::core {

struct Reply {
  CallerId caller;
  Answer answer;
};
struct Tell {
  CallerId caller;
  Progress progress;
};
struct Identify {};
// The only action that must not happen unless the batch's changes are durable.
struct LaunchInstance {
  LaunchToken token;
  std::string region;
  std::string request;  // AttemptRecord::request
};
struct ListInstances {
  QueryId query;
  ListQuery what;
};
struct TerminateInstances {
  std::vector<InstanceId> ids;
};
// The tag is put on all of them, in place of a former one of that key.
struct TagInstances {
  std::vector<InstanceId> ids;
  std::string key;
  std::string value;
};
// kTcp: whether its port accepts. kDserv: the one question that a worker is asked at a time, on a
// connection that is kept; the answer has no time limit, since a worker that boots or computes
// answers when it is done.
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
// Closes the connection on which `worker` is asked. Its question, if one is open, gets no answer.
struct HangUp {
  InstanceId worker;
};
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

using Action = std::variant<Reply, Tell, Identify, LaunchInstance, ListInstances,
                            TerminateInstances, TagInstances, ProbeWorker, HangUp, Log>;

// What is in `save` is durable before anything in `then` begins.
struct Decision {
  std::vector<Change> save;
  std::vector<Action> then;
};

}  // namespace cb::core
