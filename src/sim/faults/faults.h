#pragma once
// Everything that goes wrong in a world, by name: one table for the swarm's options, --without,
// the shrinker, the summary and --require-coverage.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace cb::sim {

enum class Fault {
  // A launch call.
  kLaunchAnswerLost,
  kLaunchNotMade,
  kLaunchLate,
  kAnswerTwice,
  kAnswerLate,
  kTokenMismatch,
  // What becomes of an instance.
  kEndsItself,
  kNeverRuns,
  kNeverReady,
  kSlowBoot,
  kDiesSilently,
  kInterrupted120,
  kInterrupted39,
  kInterrupted0,
  kNoAddress,
  kLateAddress,
  kAddressReused,
  // A listing.
  kListingFails,
  kListingStale,
  kListingOmits,
  kListingLate,
  kNewbornHidden,
  // A termination.
  kTerminateLost,
  kTerminateLate,
  kTerminateAnswerLost,
  kTerminateNotFound,
  kSlowToEnd,
  // EC2 as a whole, for a while.
  kThrottle,
  kDenied,
  kBadConfig,
  kQuota,
  kNoCapacity,
  kUnreachable,
  kRegionDown,
  kUnexpected,
  kStsDown,
  kOtherAccount,
  kKeysSwapped,
  kKeysRenewed,
  // Between the broker and its workers.
  kProbeLost,
  kNetworkCut,
  kBusy,
  // The broker's own machine.
  kDiskFull,
  kCrash,
  kCrashTwice,
  kReboot,
  kLongDown,
  kJournalLost,
  kJournalRolledBack,
  kStopped,
  kPaused,
  kWallForward,
  kWallBack,
  // People.
  kTerminateAll,
  kVanish,
  kWrongAddress,
  kHerd,
  kConnectionBreaks,
  // People at the console, and single rights that lack for a while.
  kProtected,
  kStoppedByHand,
  kRebootedByHand,
  kTagsEdited,
  kEndsDenied,
  kListingsDenied,
  kTagsDenied,
  // Another broker of the same name.
  kRival,
  // dserv, and what clients do with it.
  kEarlyAnswer,
  kServiceRestarts,
  kSilentJob,
  kPlacesTaken,
  kFlowForgotten,
  // A journal that an older version wrote.
  kOldJournal,
  // The administrator.
  kSettingsEdited,
};
inline constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::kSettingsEdited) + 1;

// How a fault is measured out.
enum class Dose {
  kChance,  // per mille of its occasions
  kSpells,  // stretches of time, so many a day
  kTimes,   // moments, so many a day
};
struct FaultRow {
  Fault fault;
  std::string_view name;  // "launch-answer-lost"
  Dose dose;
  int most;  // a world that has the fault draws from 1 to this
};
const std::array<FaultRow, kFaults>& fault_table();
const FaultRow& row(Fault fault);
std::optional<Fault> parse_fault(std::string_view name);

// Where the broker's process can end. Each is reached through the port that is named.
enum class CrashPoint {
  kBetweenSteps,
  kBeforeCommit,
  kAfterCommit,
  kBeforeLaunch,
  kAfterLaunch,  // called, and not answered yet
  kBeforeTerminate,
  kAfterTerminate,
  kBeforeReply,
  kAfterReply,
  kAfterListing,
  kWhileRecovering,  // in the first actions after a start
};
inline constexpr std::size_t kCrashPoints =
    static_cast<std::size_t>(CrashPoint::kWhileRecovering) + 1;
std::string_view name_of(CrashPoint point);

}  // namespace cb::sim
