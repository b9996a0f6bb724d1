#pragma once
// Who has a claim on which worker. A lease keeps its worker from the idle rule and from the RELEASE
// of others, and from nothing else. It ends when its client gives it up; lease_ttl after the latest
// command that named it; lease_grace after its connection was lost; with its worker. Neither limit
// runs while the worker is busy: whoever waits there for an answer says nothing here. Finding one,
// giving and ending one costs the logarithm of their number at most.

#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/prng.h"
#include "core/workers/worker_pool.h"

namespace cb::core {

struct Lease;
using LeasesOfConnections = std::unordered_multimap<ConnectionId, const Lease*>;

// As its LeaseRecord, which says the rest of its fields, but for the worker: a broker may hold a
// million of them, and a connection has one or a few.
struct Lease {
  LeaseId id;
  const Worker* worker = nullptr;  // it is none that ends
  std::string client;
  Instant since{};
  std::optional<Instant> held_until{};
  int cores = 0;
  bool alone = false;
  bool lost = false;          // its connection, and it has not been heard since
  ConnectionId connection{};  // 0: it is lost, or there never was one
  Instant heard{};            // when a command last named it, or it lost its connection
  // Where it stands in the lists.
  std::list<const Lease*>::iterator of_worker{};
  LeasesOfConnections::iterator of_connection{};

  LeaseRecord record() const;
};

class LeaseTable {
 public:
  LeaseTable(Step& step, WorkerPool& workers) : step_(step), workers_(workers) {}

  // Those of the journal whose worker is still ours; all their connections are lost. `seed`: for
  // the ids of new ones, which never repeat.
  void restore(const Records& records, std::uint64_t seed);

  const Lease* find(LeaseId id) const;
  // All that `connection` has on `worker`: several, where it is parted by cores.
  std::vector<const Lease*> held_by(ConnectionId connection, const Worker& worker) const;
  // What it has for just this need, on a worker of `pool` that may be handed out.
  const Lease* held_by(ConnectionId connection, const PoolName& pool, const Need& need) const;

  const Lease& grant(const Worker& worker, ConnectionId connection, const std::string& client,
                     const Need& need);
  // Its client has said something; from now on it is bound to `connection`, where that is one.
  void name(const Lease& lease, ConnectionId connection);
  // It lasts so long from now at least, whatever its client says or does not say.
  void hold(const Lease& lease, Duration time);
  void lost(ConnectionId connection);
  void reconsider_all();  // the settings changed
  // When its time is up, unless its worker is busy then.
  Instant deadline(const Lease& lease) const;
  // `reason` is the clause of the log line ("its client has not been heard for 15m").
  void end(const Lease& lease, const std::string& reason);
  // With its worker; who holds one hears why.
  void worker_ended(const Worker& worker, const std::string& reason);

  std::vector<LeaseRow> rows(const Worker& worker) const;
  std::map<LeaseId, LeaseRecord> records() const;

 private:
  using Leases = std::unordered_map<LeaseId, Lease>;
  // Every Lease that anybody reads is one of leases_, and none of these is const.
  static Lease& own(const Lease& lease) { return const_cast<Lease&>(lease); }
  LeaseId fresh_id();
  Lease& keep(Lease lease);
  void bind(Lease& lease, ConnectionId connection);
  void unbind(Lease& lease);
  void arm(const Lease& lease);
  void forget(const Lease& lease);
  void count(const Lease& lease, int by);
  bool is_packed(const Worker& worker) const;

  Step& step_;
  WorkerPool& workers_;
  Leases leases_;
  LeasesOfConnections of_connections_;
  Prng ids_{0};
};

// "rig-3", "a client": for sentences.
std::string holder(const Lease& lease);

}  // namespace cb::core
