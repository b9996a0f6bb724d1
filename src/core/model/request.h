#pragma once
// The one vocabulary of clients: the text protocol, the command line, HTTP and the simulator all
// speak it. Bytes are in wire/text_protocol.h.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/model/cloud.h"

namespace cb::core {

// Each request gets exactly one Answer, unless its caller is reported gone first.
struct GetWorker {
  PoolName pool;                        // empty: as demand/pool_choice.h says
  int cores = 0;                        // that its worker has at least; 0: any
  std::optional<std::string> type{};    // of its machine ("c7i.16xlarge"); unset: any of the pool's
  std::optional<std::string> region{};  // where it is; unset: wherever the pool launches
  std::optional<Market> market{};       // of its machine; unset: either
  int count = 1;                 // so many workers, all or none: WorkerAddresses; needs a lease
  bool alone = false;            // with nobody else on it: needs a lease
  std::optional<Duration> wait;  // 0 s to 24 h; unset: the configured default (10 min)
  std::string client;            // a name for the log; empty: none given
  bool wants_progress = false;   // protocol 2 and later
  bool leased = false;           // its answer is a lease, bound to its connection: protocol 3
  std::optional<Duration> hold;  // the lease needs neither of both for so long; up to max_lifetime
};
// Restarts the idle clock of the ready worker at `address`: Ok, or Refused (kUnknownWorker). With a
// lease that is not one on that worker it is unknown as well: EC2 has given its address to another.
struct Ping {
  std::string address;  // as it was handed out
  LeaseId lease{};      // which is named by it; 0: none
};
// Without a lease: ends the worker at `address` for all its clients, unless others hold leases on
// it. Ok, also when there is none (any more). With one: gives that up (Refused, kUnknownWorker,
// where it is none of that worker), and ends the worker when nobody else uses it.
struct Release {
  std::string address;
  LeaseId lease{};
};
// The client lives and wants to keep its lease. From a connection that stays, the lease is bound to
// it from now on, whatever it was bound to before. Ok, or Refused (kUnknownLease).
struct Renew {
  LeaseId lease;
};
// Of what is known here, without asking EC2: StatusRows, or an Overview.
struct ShowStatus {
  bool everything = false;  // an Overview instead of StatusRows
};
// Of what EC2 shows, asked after the request came: AllInstances or CommandFailed. Those that come
// while one listing is under way share the next.
struct ListAll {};
// Ends every worker and every launch, those of unknown outcome too: TerminatedIds when EC2 has
// accepted, at the latest after terminate_all_patience with what it has accepted by then.
struct TerminateAll {};
using Request = std::variant<GetWorker, Ping, Release, Renew, ShowStatus, ListAll, TerminateAll>;

// The answer to GetWorker: its service has just answered, or did when it was last looked at.
struct WorkerAddress {
  std::string address;
  LeaseId lease{};  // where one was asked for
};
// The answer to a GetWorker of a count above 1: one lease for each, in a packed pool perhaps
// several on one worker.
struct WorkerAddresses {
  std::vector<WorkerAddress> workers;
};
struct Ok {};
// Why a request is refused, for programs; the words of to_string are part of the product.
enum class RefusalReason {
  kUnknownPool,    // no pool of that name is configured
  kNoPoolFits,     // no pool's workers have what was asked for
  kUnknownWorker,  // no ready worker of ours has that address
  kUnknownLease,   // it has ended, or never was
  kOutOfPatience,  // its own wait is over; what it waited for goes on
  kTerminated,     // TERMINATE_ALL ended what it waited for
  kStopping,       // the broker is stopping: ask again once it runs
  kConfiguration,  // nothing can be launched until somebody changes the settings
  kNoCapacity,     // every candidate is refused or has failed lately; tried again by itself
  kLimit,          // max_workers, launches_per_hour_max
  kBreaker,        // too many boots in a row failed; tried again by itself
  kCloud,          // EC2 cannot be asked, or does not let us
  kJournal,        // the state directory cannot be written
};
std::string_view to_string(RefusalReason reason);  // "no-capacity"
struct Refused {
  RefusalReason reason;
  // One line without "ERROR: " and without newline; says what the person can do.
  std::string why;
};
// One client's claim on a worker.
struct LeaseRow {
  LeaseId lease;
  std::string client;  // the name that it gave itself; empty: none
  int cores = 0;       // that are its own, of a packed worker; 0: its worker is not parted by cores
  bool alone = false;  // nobody else gets its worker
  Duration since{0};
  bool connected = false;  // its connection is open, as far as anybody can tell
  Duration ends_in{0};     // unless its client says something, or its worker is busy
};
// A ready worker.
struct StatusRow {
  InstanceId instance;
  std::string address;
  Duration idle{0};
  std::optional<Duration> ends_in;  // unset while something holds the worker
  std::optional<bool> busy;         // unset: not known, for somebody used it lately
  PoolName pool;
  std::string type;
  Market market = Market::kSpot;
  std::string zone;
  std::optional<WallTime> launched;
  std::uint64_t handed_out = 0;  // answers that named it, in this run of the broker
  std::vector<LeaseRow> leases;  // the oldest first
};
struct StatusRows {
  std::vector<StatusRow> rows;
};
// A launch, or an instance that does not serve (yet, or any more).
struct OverviewRow {
  InstanceId instance;  // empty: EC2 has not named it yet
  std::string address;  // empty: none yet
  PoolName pool;
  std::string type;
  Duration since{0};  // its launch
  std::string what;   // "launching", "pending", "booting", or why it ends
};
// What the warm windows of a pool want of it: the one that counts now, else the next one.
struct WarmRow {
  std::size_t wanted = 0;  // workers, in use or not
  std::string schedule;    // of the window; empty: none is near
  WallTime from{};         // the window begins; it is launched for somewhat earlier
  WallTime until{};        // another one counts from then on, or none
  bool holds = false;      // it counts now; false: it is the next one
  bool suspended = false;  // it wants none, since TERMINATE_ALL came within it
  std::string trouble;     // why fewer are there and none is launched; empty: nothing is
};
// One pool: what it offers, who wants it, what there is of it, and what is in the way.
struct PoolRow {
  PoolName pool;
  int cores = 0;                   // that each of its workers has at least; 0: not known
  std::vector<std::string> types;  // in the order in which they are tried
  std::size_t waiting = 0;         // callers
  std::size_t ready = 0;           // workers that may be handed out
  std::size_t coming = 0;          // launches, and instances that do not serve yet
  std::string trouble;             // why nothing is launched, and until when; empty: nothing is
  std::optional<WarmRow> warm;     // unset: it has no warm window
};
// Everything that a person at the broker wants to know at a glance.
struct Overview {
  std::vector<StatusRow> ready;
  std::vector<OverviewRow> coming;
  std::vector<OverviewRow> ending;
  std::size_t waiting = 0;            // callers
  std::vector<std::string> troubles;  // one sentence each; empty: none is known
  std::vector<PoolRow> pools;         // in the order of the configuration
};
struct ListedInstance {
  InstanceView view;
  std::string address;  // the one that its callers use; empty: none yet
};
struct AllInstances {
  std::vector<ListedInstance> instances;
};
struct TerminatedIds {
  std::vector<InstanceId> ids;  // accepted by EC2 so far
  bool nothing_to_do = false;   // there was no worker and no launch
  struct Refused {
    InstanceId id;
    std::string why;
  };
  std::vector<Refused> refused;  // EC2 will not end these; asked for again by and by
};
// LIST_ALL or TERMINATE_ALL could not be done: `{"error": why}`.
struct CommandFailed {
  std::string why;
};
using Answer = std::variant<WorkerAddress, WorkerAddresses, Ok, Refused, StatusRows, Overview,
                            AllInstances, TerminatedIds, CommandFailed>;

// What the holder of a lease is told unasked, on the connection that the lease is bound to.
struct Notice {
  std::string address;  // of its worker
  std::string news;     // "ended idle 900 s (limit 900 s)"
  bool operator==(const Notice&) const = default;
};

// What a waiting GetWorker is told meanwhile, at most once a second and when the phase changes.
struct Progress {
  enum class Phase { kWaiting, kLaunching, kPending, kBooting };
  Phase phase = Phase::kWaiting;
  std::string text;  // "launching c7i.16xlarge spot", "booting i-0abc 12s, ready in about 18s"
  bool operator==(const Progress&) const = default;
};

}  // namespace cb::core
