#include "core/model/request.h"

namespace cb::core {

std::string_view to_string(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kUnknownPool:
      return "unknown-pool";
    case RefusalReason::kNoPoolFits:
      return "no-pool-fits";
    case RefusalReason::kUnknownWorker:
      return "unknown-worker";
    case RefusalReason::kUnknownLease:
      return "unknown-lease";
    case RefusalReason::kOutOfPatience:
      return "out-of-patience";
    case RefusalReason::kTerminated:
      return "terminated";
    case RefusalReason::kStopping:
      return "stopping";
    case RefusalReason::kConfiguration:
      return "configuration";
    case RefusalReason::kNoCapacity:
      return "no-capacity";
    case RefusalReason::kLimit:
      return "limit";
    case RefusalReason::kBreaker:
      return "breaker";
    case RefusalReason::kCloud:
      return "cloud";
    case RefusalReason::kJournal:
      return "journal";
  }
  return "?";
}

}  // namespace cb::core
