#pragma once
// What the journal holds: what was meant, and what must be remembered about it. wire/record_codec.h
// turns it into text; docs/state.md says why a crash between any two steps is safe.
//
// A new field is optional, or has a value that an older journal's records get
// (FieldReader::later_field fills it in). Each one raises kRecordFormat (wire/record_codec.h), so
// that an older broker refuses the journal instead of taking it for damaged; its step is in
// io/store/sqlite_store_upgrade.cc, and tests/journals keeps a journal of the former format.
// Instants are of the boot that the journal is dated to; recovery moves them (shift_instants).

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/model/cloud.h"
#include "core/model/serving.h"

namespace cb::core {

// One launch call, saved before it is made. Closed (dropped) when its outcome is settled; the
// ledger keeps what it cost.
struct AttemptRecord {
  LaunchToken token;
  PoolName pool;
  std::string account;
  std::string region;
  Market market = Market::kSpot;
  std::string type;
  std::string image;    // as it was asked for: an id, or a name such as resolve:ssm:...
  std::string subnet;   // empty: the default one
  std::string request;  // the exact bytes to send again
  Instant begun;
  WallTime begun_wall;
  std::optional<Instant> last_call;  // begun at first; unset in journals older than this field
  std::optional<Serving> serving;    // unset in journals older than this field
  bool outcome_unknown = false;
  bool doomed = false;    // ends as soon as it is found (TERMINATE_ALL, or no longer wanted)
  bool mismatch = false;  // IdempotentParameterMismatch: never asked again
  bool operator==(const AttemptRecord&) const = default;
};

// A step of an instance's life as the journal knows it; workers/worker.h has the table of what may
// follow what.
enum class WorkerPhase { kBooting, kAdopting, kReady, kTerminating };
std::string_view to_string(WorkerPhase phase);
std::optional<WorkerPhase> parse_worker_phase(std::string_view text);

// One instance that we answer for.
struct WorkerRecord {
  InstanceId id;
  PoolName pool;
  LaunchToken token;  // of the attempt; empty when adopted without one
  std::string account;
  std::string region;
  Market market = Market::kSpot;
  std::string type;
  std::string image;        // the id that EC2 names
  std::string asked_image;  // what it was launched by; empty: unknown, in older journals
  std::string zone;
  std::string address;  // empty: not known yet
  WorkerPhase phase = WorkerPhase::kBooting;
  Instant begun;                     // launch or adoption, by our clock
  std::optional<WallTime> launched;  // EC2's launchTime
  std::optional<Duration> boot;      // begun to ready, when ready
  Instant last_used;                 // start of the idle clock
  std::string end_reason;            // set with kTerminating: the sentence of the log
  std::string subnet;                // it was launched in; empty: unknown, or EC2 chose
  std::string former_owner;          // taken over from this broker (its nonce); empty: from nobody
  // Since then its service was gone, and has not shown since that it is ready. Unset: all is well.
  std::optional<Instant> doubted;
  std::optional<Serving> serving;  // unset only in older journals; recovery fills it
  bool operator==(const WorkerRecord&) const = default;
};

// One instance from its launch to its end: what was billed. Kept for `ledger_keep` by the store.
struct LedgerRecord {
  InstanceId id;
  PoolName pool;        // by whose settings it was launched
  std::string account;  // which is billed
  std::string region;   // "eu-west-1"
  Market market = Market::kSpot;
  std::string type;               // what is billed, with market, region and zone
  std::string zone;               // empty: EC2 has not said
  WallTime launched;              // EC2's launchTime; ours where it gave none
  std::optional<WallTime> ended;  // unset while it runs; never before `launched`
  std::string end_reason;         // the clause of the log; set when it is known to end
  std::uint64_t handed_out = 0;   // answers that named it
  bool operator==(const LedgerRecord&) const = default;
};

// A launch that EC2 accepted, or may have: for launches_per_hour_max. Kept for an hour.
struct LaunchStamp {
  LaunchToken token;
  Instant at;
  bool operator==(const LaunchStamp&) const = default;
};

// An attempt that was closed without an instance: if one turns up after all, it is known as ours.
// Kept for a day.
struct ClosedAttempt {
  LaunchToken token;
  PoolName pool;
  Instant at;
  std::string image{};  // as it was asked for; empty in older journals
  std::string subnet{};
  bool doomed = false;   // launched before a TERMINATE_ALL: what turns up is ended, whoever waits
  std::string region{};  // in which it may turn up; unset only in older journals: recovery fills it
  bool operator==(const ClosedAttempt&) const = default;
};

// One client's claim on a worker, saved before it is answered. Its connection is not kept: after a
// restart every one of them is lost.
struct LeaseRecord {
  LeaseId id;
  InstanceId worker;
  std::string client;                 // the name that it gave itself; empty: none
  Instant since;                      // when it was given
  std::optional<Instant> held_until;  // needs neither connection nor renewal before
  int cores = 0;                      // that it asked for; 0: none in particular
  bool alone = false;                 // nobody else gets its worker
  bool operator==(const LeaseRecord&) const = default;
};

// Single values. `nonce` is the random part of every token, made once per state_dir.
struct BrokerRecord {
  std::string nonce;
  std::uint64_t next_attempt = 1;
  std::string account;
  std::string region;
  // The latest TERMINATE_ALL within a warm window, by the calendar that these go by.
  std::optional<WallTime> terminated_all{};
  bool operator==(const BrokerRecord&) const = default;
};

// The outcome is settled. Dropping what is not there is no error, here and in the next four.
struct DropAttempt {
  LaunchToken token;
  bool operator==(const DropAttempt&) const = default;
};
// It has ended, or is no longer ours; its line in the ledger stays.
struct DropWorker {
  InstanceId id;
  bool operator==(const DropWorker&) const = default;
};
// EC2 has made nothing of it, or it is older than an hour.
struct DropLaunchStamp {
  LaunchToken token;
  bool operator==(const DropLaunchStamp&) const = default;
};
// Its instance turned up, or a day is over.
struct DropClosedAttempt {
  LaunchToken token;
  bool operator==(const DropClosedAttempt&) const = default;
};
// It was given up, or nobody has claimed it in time, or its worker ends.
struct DropLease {
  LeaseId id;
  bool operator==(const DropLease&) const = default;
};

// A step's change of the journal: puts replace the record of the same key.
using Change = std::variant<AttemptRecord, WorkerRecord, LedgerRecord, LaunchStamp, ClosedAttempt,
                            LeaseRecord, BrokerRecord, DropAttempt, DropWorker, DropLaunchStamp,
                            DropClosedAttempt, DropLease>;

// Everything the journal holds, as loaded at start. Finished ledger lines stay in the store.
struct Records {
  std::optional<BrokerRecord> broker;
  std::map<LaunchToken, AttemptRecord> attempts;
  std::map<InstanceId, WorkerRecord> workers;
  std::map<InstanceId, LedgerRecord> open_ledger;
  std::map<LaunchToken, LaunchStamp> stamps;
  std::map<LaunchToken, ClosedAttempt> closed;
  std::map<LeaseId, LeaseRecord> leases;

  // Folds one change in, as the store does. Of ledger lines only the open ones are kept.
  void apply(const Change& change);
  // Moves every Instant by `shift`: boottime of another boot into this one's (driver/recovery.h).
  void shift_instants(Duration shift);
  bool operator==(const Records&) const = default;
};

}  // namespace cb::core
