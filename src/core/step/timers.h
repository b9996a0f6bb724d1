#pragma once
// Everything the broker will do at a later time, in one place: at most one entry for each key, so
// that nothing is ever due twice.

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>

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
  kAttemptRetry,   // id: the token
  kListing,        // no id, in this and the rest
  kIdentify,       // the account is wrong or not known: ask again
  kSaveRetry,
  kProgress,
  kClaim,  // renew our claim on our workers
  kTerminateAll,
  kTrustJournal,  // EC2 has had its time to say whether the journal's workers run
  kNextTry,       // what was refused is tried again
};

struct Timer {
  TimerKind kind;
  std::string id;
  auto operator<=>(const Timer&) const = default;
};

struct DueTimer : Timer {
  Instant wanted;  // what it was armed for, however often it was postponed
};

class Timers {
 public:
  // Replaces what was armed for the same timer.
  void arm(const Timer& timer, Instant at);
  // Moves it only to an earlier time, or arms it.
  void arm_by(const Timer& timer, Instant at);
  void cancel(const Timer& timer);
  bool armed(const Timer& timer) const { return when_.contains(timer); }

  // Removes and returns one entry due at `now`, the earliest first.
  std::optional<DueTimer> take_due(Instant now);
  // Arms what was taken once more, for `until`; what it was wanted for stays known.
  void postpone(const DueTimer& due, Instant until);
  std::optional<Instant> next() const;

 private:
  using When = std::map<Timer, Instant>;
  struct Sooner {
    bool operator()(When::const_iterator a, When::const_iterator b) const {
      return a->second != b->second ? a->second < b->second : a->first < b->first;
    }
  };
  When when_;
  When wanted_;  // of those that were postponed
  std::set<When::const_iterator, Sooner> order_;
};

}  // namespace cb::core
