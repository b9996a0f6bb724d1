#include "sim/faults/faults.h"

#include "base/check.h"

namespace cb::sim {
namespace {

using enum Fault;
using enum Dose;

constexpr std::array<FaultRow, kFaults> kTable{{
    {kLaunchAnswerLost, "launch-answer-lost", kChance, 300},
    {kLaunchNotMade, "launch-not-made", kChance, 200},
    {kLaunchLate, "launch-late", kChance, 200},
    {kAnswerTwice, "answer-twice", kChance, 100},
    {kAnswerLate, "answer-late", kChance, 300},
    {kTokenMismatch, "token-mismatch", kChance, 150},
    {kEndsItself, "ends-itself", kChance, 250},
    {kNeverRuns, "never-runs", kChance, 150},
    {kNeverReady, "never-ready", kChance, 300},
    {kSlowBoot, "slow-boot", kChance, 300},
    {kDiesSilently, "dies-silently", kChance, 300},
    {kInterrupted120, "interrupted-120", kChance, 250},
    {kInterrupted39, "interrupted-39", kChance, 250},
    {kInterrupted0, "interrupted-0", kChance, 250},
    {kNoAddress, "no-address", kChance, 100},
    {kLateAddress, "late-address", kChance, 400},
    {kAddressReused, "address-reused", kChance, 900},
    {kListingFails, "listing-fails", kChance, 200},
    {kListingStale, "listing-stale", kChance, 700},
    {kListingOmits, "listing-omits", kTimes, 24},
    {kListingLate, "listing-late", kChance, 200},
    {kNewbornHidden, "newborn-hidden", kChance, 300},
    {kTerminateLost, "terminate-lost", kChance, 300},
    {kTerminateLate, "terminate-late", kChance, 400},
    {kTerminateAnswerLost, "terminate-answer-lost", kChance, 300},
    {kTerminateNotFound, "terminate-not-found", kChance, 300},
    {kSlowToEnd, "slow-to-end", kChance, 300},
    {kThrottle, "throttle", kSpells, 10},
    {kDenied, "denied", kSpells, 4},
    {kBadConfig, "bad-config", kSpells, 4},
    {kQuota, "quota", kSpells, 6},
    {kNoCapacity, "no-capacity", kSpells, 16},
    {kUnreachable, "unreachable", kSpells, 6},
    {kRegionDown, "region-down", kSpells, 6},
    {kUnexpected, "unexpected", kSpells, 6},
    {kStsDown, "sts-down", kChance, 500},
    {kOtherAccount, "other-account", kChance, 300},
    {kKeysSwapped, "keys-swapped", kSpells, 4},
    {kKeysRenewed, "keys-renewed", kTimes, 8},
    {kProbeLost, "probe-lost", kChance, 50},
    {kNetworkCut, "network-cut", kSpells, 6},
    {kBusy, "busy", kSpells, 8},
    {kDiskFull, "disk-full", kSpells, 4},
    {kCrash, "crash", kTimes, 16},
    {kCrashTwice, "crash-twice", kChance, 400},
    {kReboot, "reboot", kChance, 400},
    {kLongDown, "long-down", kChance, 200},
    {kJournalLost, "journal-lost", kChance, 400},
    {kJournalRolledBack, "journal-rolled-back", kChance, 400},
    {kStopped, "stopped", kTimes, 4},
    {kPaused, "paused", kTimes, 16},
    {kWallForward, "wall-forward", kTimes, 4},
    {kWallBack, "wall-back", kTimes, 4},
    {kTerminateAll, "terminate-all", kTimes, 6},
    {kVanish, "vanish", kChance, 400},
    {kWrongAddress, "wrong-address", kChance, 100},
    {kHerd, "herd", kTimes, 1},
    {kConnectionBreaks, "connection-breaks", kChance, 300},
    {kProtected, "protected", kTimes, 24},
    {kStoppedByHand, "stopped-by-hand", kTimes, 12},
    {kRebootedByHand, "rebooted-by-hand", kTimes, 12},
    {kTagsEdited, "tags-edited", kTimes, 24},
    {kEndsDenied, "ends-denied", kSpells, 4},
    {kListingsDenied, "listings-denied", kSpells, 4},
    {kTagsDenied, "tags-denied", kSpells, 6},
    {kRival, "rival", kTimes, 6},
    {kEarlyAnswer, "early-answer", kChance, 900},
    {kServiceRestarts, "service-restarts", kChance, 300},
    {kSilentJob, "silent-job", kChance, 200},
    {kPlacesTaken, "places-taken", kChance, 200},
    {kFlowForgotten, "flow-forgotten", kChance, 150},
    {kOldJournal, "old-journal", kChance, 300},
    {kSettingsEdited, "settings-edited", kTimes, 12},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (static_cast<std::size_t>(kTable[i].fault) != i) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const std::array<FaultRow, kFaults>& fault_table() {
  return kTable;
}

const FaultRow& row(Fault fault) {
  return kTable[static_cast<std::size_t>(fault)];
}

std::optional<Fault> parse_fault(std::string_view name) {
  for (const FaultRow& one : kTable) {
    if (one.name == name) return one.fault;
  }
  return {};
}

std::string_view name_of(CrashPoint point) {
  switch (point) {
    case CrashPoint::kBetweenSteps:
      return "between-steps";
    case CrashPoint::kBeforeCommit:
      return "before-commit";
    case CrashPoint::kAfterCommit:
      return "after-commit";
    case CrashPoint::kBeforeLaunch:
      return "before-launch";
    case CrashPoint::kAfterLaunch:
      return "after-launch";
    case CrashPoint::kBeforeTerminate:
      return "before-terminate";
    case CrashPoint::kAfterTerminate:
      return "after-terminate";
    case CrashPoint::kBeforeReply:
      return "before-reply";
    case CrashPoint::kAfterReply:
      return "after-reply";
    case CrashPoint::kAfterListing:
      return "after-listing";
    case CrashPoint::kWhileRecovering:
      return "while-recovering";
  }
  CHECK(false);
}

}  // namespace cb::sim
