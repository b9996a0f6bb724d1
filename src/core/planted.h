#pragma once
// Mistakes that can be planted into the broker, to see that the simulation finds them. They exist
// only in broker-sim-planted, which the tests build with BROKER_PLANTED_BUGS; everywhere else
// planted() is a constant and leaves nothing behind. tests/sim says which rule finds which.

#include <array>
#include <string_view>
#include <utility>

namespace cb::core {

enum class Bug {
  kNone,
  kIntentAfterAct,           // the launch is called before its intent is saved
  kSweepWithoutGrace,        // a worker that one listing does not show is taken for gone
  kLostReplyIsFailure,       // a launch without an answer is taken for one that did not happen
  kTokenNotReused,           // a launch is asked for again under a new token
  kHangUpDropsOthers,        // a caller that hangs up takes the others of its pool with it
  kPingKeepsNothing,         // PING does not restart the idle clock
  kThrottleIsNoCapacity,     // a throttled launch counts as one that found no capacity
  kDeadAddressStaysBound,    // the address of a worker that is ending still names it
  kTerminateNotRepeated,     // an end is asked for once only
  kRecoveryForgetsLaunches,  // open launches in the journal are not taken up
  kTerminateBelieved,        // an accepted TerminateInstances is taken for the end
  kTwoTimers,                // each PING arms a timer of its own, and the first one ends the worker
  kRecoveryForgetsIdle,      // recovery restarts the idle clocks
  kReadyWithoutProbe,        // a running instance is handed out before its service answered
  kMaxWorkersIgnoresUnknown,  // launches of unknown outcome do not count
  kEndsForeign,               // everything with the Name tag is taken for ours
  kLedgerUsesOurClock,        // the end of an instance is dated when it was noticed
  kReplyTwice,                // a caller who ran out of patience stays in the queue
  kLaunchUntagged,            // a launch carries no tags
  kLaunchWithoutShutdown,     // nor does it power itself off
  kTerminateRepeatedLate,     // an end is asked for again after twice the time
  kRecoveryForgetsStamps,     // the launches of the last hour are not counted after a restart
  kRecoveryForgetsBooting,    // workers that boot are not taken up after a restart
  kStrayEndedAtOnce,          // an instance of ours that the journal does not know is ended
  kNoSlowListing,             // EC2 is asked only while something is pending
  kUndatedEndIsLate,          // an end without a date is dated when the worker is gone
  kJitterFromAnAddress,       // where memory happens to lie decides when a launch is asked again
  kReleaseDoesNothing,        // RELEASE is answered, and the worker goes on
  kReleaseEndsAwaited,        // RELEASE ends a worker that boots while others wait for it
  kEndAllSkipsLaunches,       // TERMINATE_ALL ends workers, and not what is being launched
  kMaxLifetimeIgnored,        // a worker may live for ever
  kUnreachableEndsPinged,     // a worker that we cannot reach is ended under its clients
  kAnyAccountWillDo,          // whose the credentials are is not compared with the records
  kNewKeysTakenOnTrust,       // keys that change while it runs are of the same account, it thinks
  kAccountAskedOnce,          // a wrong account is wrong until the next start
  kTroubleRefusesAll,         // while EC2 fails, a ready worker is not handed out either
  kOneLostProbeIsDeath,       // the first probe that fails makes a worker suspect
  kBreakerNeverCloses,        // once it has opened
  kSaveTroubleSticks,         // the journal works again, and nobody is told
  kReleaseOfNobodyRefused,    // RELEASE of an unknown address is an error
  kListPerCaller,             // each LIST_ALL is a listing of its own
  kListsForEver,              // at the fast pace, whether anything is pending or not
  kEndsAtEveryListing,        // TerminateInstances again whenever a listing shows it alive
  kEndBelievedOnTimeout,      // TerminateInstances without an answer is taken for the end
  kIdleEndsEarly,             // by idle_save_interval
  kRivalsIgnored,             // what carries our name is ours, whoever claims it
  kNeverTakesOver,            // what another broker left behind is left for ever
  kClaimNotRenewed,           // our workers do not say that we live
  kTagIsAll,                  // what has lost our tag is not asked for by its id
  kStoppedIsKept,             // a worker that somebody stopped is not ended
  kRefusedEndNotRepeated,     // an end that EC2 refuses to this one instance is not asked for again
  kOneQuestionIsReady,        // the first right answer makes a worker ready
  kAcceptIsBack,              // a worker whose service was gone is back when its port accepts
  kBusyIsIdle,                // a worker that computes for a silent client is idle
  kAbandonQuestion,           // a question is asked anew every five seconds while it boots
  kDoubtForgotten,            // after a restart nobody knows that its service was gone
  kRestartLaunchesAnother,    // a service that starts anew is not waited for
  kSilentIsDead,              // a found worker that accepts and is silent is ended
};

inline constexpr auto kBugNames = std::to_array<std::pair<Bug, std::string_view>>({
    {Bug::kIntentAfterAct, "intent-after-act"},
    {Bug::kSweepWithoutGrace, "sweep-without-grace"},
    {Bug::kLostReplyIsFailure, "lost-reply-is-failure"},
    {Bug::kTokenNotReused, "token-not-reused"},
    {Bug::kHangUpDropsOthers, "hang-up-drops-others"},
    {Bug::kPingKeepsNothing, "ping-keeps-nothing"},
    {Bug::kThrottleIsNoCapacity, "throttle-is-no-capacity"},
    {Bug::kDeadAddressStaysBound, "dead-address-stays-bound"},
    {Bug::kTerminateNotRepeated, "terminate-not-repeated"},
    {Bug::kRecoveryForgetsLaunches, "recovery-forgets-launches"},
    {Bug::kTerminateBelieved, "terminate-believed"},
    {Bug::kTwoTimers, "two-timers"},
    {Bug::kRecoveryForgetsIdle, "recovery-forgets-idle"},
    {Bug::kReadyWithoutProbe, "ready-without-probe"},
    {Bug::kMaxWorkersIgnoresUnknown, "max-workers-ignores-unknown"},
    {Bug::kEndsForeign, "ends-foreign"},
    {Bug::kLedgerUsesOurClock, "ledger-uses-our-clock"},
    {Bug::kReplyTwice, "reply-twice"},
    {Bug::kLaunchUntagged, "launch-untagged"},
    {Bug::kLaunchWithoutShutdown, "launch-without-shutdown"},
    {Bug::kTerminateRepeatedLate, "terminate-repeated-late"},
    {Bug::kRecoveryForgetsStamps, "recovery-forgets-stamps"},
    {Bug::kRecoveryForgetsBooting, "recovery-forgets-booting"},
    {Bug::kStrayEndedAtOnce, "stray-ended-at-once"},
    {Bug::kNoSlowListing, "no-slow-listing"},
    {Bug::kUndatedEndIsLate, "undated-end-is-late"},
    {Bug::kJitterFromAnAddress, "jitter-from-an-address"},
    {Bug::kReleaseDoesNothing, "release-does-nothing"},
    {Bug::kReleaseEndsAwaited, "release-ends-awaited"},
    {Bug::kEndAllSkipsLaunches, "terminate-all-skips-launches"},
    {Bug::kMaxLifetimeIgnored, "max-lifetime-ignored"},
    {Bug::kUnreachableEndsPinged, "unreachable-ends-pinged"},
    {Bug::kAnyAccountWillDo, "any-account-will-do"},
    {Bug::kNewKeysTakenOnTrust, "new-keys-taken-on-trust"},
    {Bug::kAccountAskedOnce, "account-asked-once"},
    {Bug::kTroubleRefusesAll, "trouble-refuses-all"},
    {Bug::kOneLostProbeIsDeath, "one-lost-probe-is-death"},
    {Bug::kBreakerNeverCloses, "breaker-never-closes"},
    {Bug::kSaveTroubleSticks, "save-trouble-sticks"},
    {Bug::kReleaseOfNobodyRefused, "release-of-nobody-refused"},
    {Bug::kListPerCaller, "list-per-caller"},
    {Bug::kListsForEver, "lists-for-ever"},
    {Bug::kEndsAtEveryListing, "ends-at-every-listing"},
    {Bug::kEndBelievedOnTimeout, "end-believed-on-timeout"},
    {Bug::kIdleEndsEarly, "idle-ends-early"},
    {Bug::kRivalsIgnored, "rivals-ignored"},
    {Bug::kNeverTakesOver, "never-takes-over"},
    {Bug::kClaimNotRenewed, "claim-not-renewed"},
    {Bug::kTagIsAll, "tag-is-all"},
    {Bug::kStoppedIsKept, "stopped-is-kept"},
    {Bug::kRefusedEndNotRepeated, "refused-end-not-repeated"},
    {Bug::kOneQuestionIsReady, "one-question-is-ready"},
    {Bug::kAcceptIsBack, "accept-is-back"},
    {Bug::kBusyIsIdle, "busy-is-idle"},
    {Bug::kAbandonQuestion, "abandon-question"},
    {Bug::kDoubtForgotten, "doubt-forgotten"},
    {Bug::kRestartLaunchesAnother, "restart-launches-another"},
    {Bug::kSilentIsDead, "silent-is-dead"},
});

#ifdef BROKER_PLANTED_BUGS

// One for the whole process; set before the first world begins.
inline Bug planted_bug = Bug::kNone;
inline bool planted(Bug bug) {
  return planted_bug == bug;
}
// False when there is none of that name.
inline bool plant(std::string_view wanted) {
  for (const auto& [bug, name] : kBugNames) {
    if (name != wanted) continue;
    planted_bug = bug;
    return true;
  }
  return false;
}

#else

constexpr bool planted(Bug) {
  return false;
}
constexpr bool plant(std::string_view) {
  return false;
}

#endif

}  // namespace cb::core
