#include "core/model/event.h"

#include "base/text.h"

namespace cb::core {

std::string to_string(const Origin& origin) {
  const std::string who = origin.name.empty() ? "a client" : origin.name;
  return origin.address.empty() ? who : str(who, " at ", origin.address);
}

std::string_view to_string(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kReady:
      return "ready";
    case ProbeOutcome::kAccepted:
      return "accepting";
    case ProbeOutcome::kAsked:
      return "silent";
    case ProbeOutcome::kRefused:
      return "refusing connections";
    case ProbeOutcome::kUnreachable:
      return "unreachable";
    case ProbeOutcome::kLost:
      return "without a sign of life";
    case ProbeOutcome::kWrong:
      return "answering wrongly";
    case ProbeOutcome::kUnknown:
      return "not known";
  }
  return "?";
}

}  // namespace cb::core
