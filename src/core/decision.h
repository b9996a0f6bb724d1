#pragma once
// Everything the broker can want done.

#include <string>
#include <variant>
#include <vector>

#include "core/cloud.h"
#include "core/event.h"
#include "core/record.h"
#include "core/request.h"

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
enum class ProbeKind { kDserv, kTcp };
struct ProbeWorker {
  ProbeId probe;
  InstanceId worker;
  std::string address;
  int port = 2560;
  ProbeKind kind = ProbeKind::kDserv;
  Duration connect_limit{600};
  Duration answer_limit{5000};  // kDserv only: from connected to answered
};
enum class LogLevel { kDebug, kInfo, kWarning, kError, kAlert };
// One decision and its reason, in one sentence with ids. `key` is a stable word for scripts
// ("worker.idle"). kAlert: somebody should act; said once until it is mended.
struct Log {
  LogLevel level = LogLevel::kInfo;
  std::string key;
  std::string text;
};

using Action = std::variant<Reply, Tell, Identify, LaunchInstance, ListInstances,
                            TerminateInstances, TagInstances, ProbeWorker, Log>;

// What is in `save` is durable before anything in `then` begins.
struct Decision {
  std::vector<Change> save;
  std::vector<Action> then;
};

}  // namespace cb::core
