#pragma once
// Everything the broker will do at a later time, in one place: at most one entry for each key, so
// that nothing is ever due twice.

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace cb::core {

enum class TimerKind {
  kCallerPatience,  // id: the caller
  kWorkerIdle,      // id: the worker, in this and the next eight
  kWorkerBoot,      // launch_timeout, adoption and missing address
  kWorkerProbe,
  kWorkerQuestion,  // nobody has used it for a while: is it busy?
  kWorkerUnreachable,
  kWorkerTerminate,  // repeat the call
  kWorkerLifetime,
  kWorkerAwaited,  // callers need not wait for it any longer
  kLease,          // id: the lease
  kAttemptRetry,   // id: the token
  kListing,        // id: the region
  kIdentify,       // the account is wrong or not known: ask again; no id, in this and the rest
  kSaveRetry,
  kProgress,
  kClaim,  // renew our claim on our workers
  kTerminateAll,
  kTrustJournal,  // EC2 has had its time to say whether the journal's workers run
  kNextTry,       // what was refused is tried again
  kWarm,          // which warm windows hold now?
};

struct Timer {
  TimerKind kind;
  std::string id;
  auto operator<=>(const Timer&) const = default;
};

// Which timer is meant, without a copy of its id: to be read during the call that it is given to.
struct TimerName {
  TimerName(TimerKind which, std::string_view of) : kind(which), id(of) {}
  TimerName(const Timer& timer) : TimerName(timer.kind, timer.id) {}
  TimerKind kind;
  std::string_view id;
  bool operator==(const TimerName&) const = default;
};

struct DueTimer : Timer {
  Instant wanted;  // what it was armed for, however often it was postponed
};

class Timers {
 public:
  // Replaces what was armed for the same timer.
  void arm(const TimerName& timer, Instant at);
  // Moves it only to an earlier time, or arms it.
  void arm_by(const TimerName& timer, Instant at);
  void cancel(const TimerName& timer);
  bool armed(const TimerName& timer) const { return armed_.contains(timer); }

  // Removes and returns one entry due at `now`, the earliest first; of those of one time the least.
  std::optional<DueTimer> take_due(Instant now);
  // Arms what was taken once more, for `until`; what it was wanted for stays known.
  void postpone(const DueTimer& due, Instant until);
  std::optional<Instant> next() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const TimerName& timer) const;
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const TimerName& a, const TimerName& b) const { return a == b; }
  };
  struct Armed {
    std::size_t place = 0;            // in the heap
    Instant wanted = Instant::max();  // what it was armed for first; max: it was not postponed
  };
  using ByName = std::unordered_map<Timer, Armed, Hash, Same>;
  // Each knows its place, so that it is found, moved and removed without a search: a worker's
  // timers are armed and cancelled far more often than they are due.
  struct Entry {
    Instant at;
    ByName::value_type* timer;  // stays where it is as long as it is armed
    bool sooner_than(const Entry& other) const;
  };

  void put(std::size_t place, const Entry& entry);
  void rise(std::size_t place, const Entry& entry);
  void settle(std::size_t place, const Entry& entry);
  void remove(std::size_t place);

  ByName armed_;
  std::vector<Entry> heap_;
};

}  // namespace cb::core
