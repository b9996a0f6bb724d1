#pragma once
// One instance that we answer for: its record as saved, what is known of it in this run, and which
// changes of its life there are. WorkerPool owns all of them and is the only one to change what is
// not mutable here.

#include <cstdint>
#include <list>
#include <optional>
#include <string>

#include "core/model/record.h"

namespace cb::core {

// What a worker's record says of its life; kSuspect is a ready one whose service was gone: not
// handed out until it has shown that it is ready again.
enum class Life { kBooting, kAdopting, kReady, kSuspect, kTerminating };

Life life_of(const WorkerRecord& record);
// The table: booting and adopting end in ready, ready and suspect in one another, everything in
// terminating, and from there nothing leads back.
bool may_become(Life from, Life to);

struct Lease;

struct Worker {
  WorkerRecord record;
  bool ours = true;  // false: an untagged one that has not answered yet; not saved, never ended
  InstanceState state = InstanceState::kPending;  // EC2's view
  bool confirmed = false;      // EC2 has shown it running since our start, or cannot be asked
  bool proven = false;         // its service answered since our start
  bool out_of_reach = false;   // its latest failure was no answer at all, not even a refusal
  bool end_confirmed = false;  // EC2 says that it is on its way; no longer counted
  Instant coming_until{};      // while it is not ready: how long callers wait for it
  // The pool's own.
  Instant last_used_saved{};     // what the journal has of record.last_used
  bool clock_recovered = false;  // record.last_used is that plus idle_save_interval, not a real use
  std::string indexed_address;
  std::size_t indexed_room = 0;  // that it had when it was indexed

  // From here on: notes of those who watch it. Nothing is indexed by them and nothing of them is
  // saved, so whoever watches writes them.

  // EC2's view.
  mutable std::optional<Instant> running_since;
  mutable std::optional<Instant> missing_since;  // the first listing in a row that left it out
  mutable bool claimed = false;                  // its claim is renewed since our start
  mutable bool tag_lost_told = false;            // somebody took our tag off it; said once
  mutable std::optional<WallTime> seen_ended;    // first listing that showed it ending

  // Its service.
  mutable bool left_alone = false;  // it did not answer in time, and is not ours to end
  mutable std::size_t failures = 0;
  mutable std::optional<Instant> unreachable_since;
  mutable std::size_t probes_in_flight = 0;  // of connections only

  // What it is asked, one question at a time on a connection that is kept.
  struct Question {
    ProbeId probe;
    std::optional<Instant> asked;  // accepted, and asked since then
  };
  mutable std::optional<Question> question;     // open
  mutable bool connected = false;               // that connection is open, or may be
  mutable std::optional<Instant> first_answer;  // the first of the two that make it ready
  mutable std::optional<Instant>
      quiet_at;  // the latest answer that came at once, while it was ready
  mutable std::size_t lost_in_a_row =
      0;  // questions whose connection was lost, none answered since

  // The latest answer that came late: until then somebody had it computing.
  mutable std::optional<Instant> busy_until;

  // Its end.
  mutable std::size_t terminate_failures = 0;
  mutable std::optional<CloudFailure>
      end_refusal;                   // EC2's latest answer to its end, while it is a no
  mutable std::string refusal_told;  // the code of the refusal that was alerted last

  // Its clients.
  mutable std::uint64_t handed_out = 0;
  mutable bool perhaps_used = false;      // by a client, in this run or before it
  mutable std::optional<Instant> pinged;  // after a restart its last use counts as one
  // By one who holds no lease; after a restart its last use counts as such.
  mutable std::optional<Instant> bare_used;
  mutable std::list<const Lease*> leases;  // on it, the oldest first; LeaseTable's, as the next two
  mutable std::size_t leased_cores = 0;
  mutable std::size_t leased_whole = 0;  // leases that asked for no number of cores
  mutable std::size_t leased_alone = 0;  // and that let nobody else on it

  bool rising() const {
    return record.phase == WorkerPhase::kBooting || record.phase == WorkerPhase::kAdopting;
  }
  bool suspect() const { return record.doubted.has_value(); }
  const Serving& serving() const { return *record.serving; }
};

}  // namespace cb::core
