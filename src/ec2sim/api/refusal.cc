#include "ec2sim/api/refusal.h"

#include "base/text.h"

namespace cb::ec2sim {
namespace {

struct StatusOfCode {
  std::string_view code;
  int status;
};

constexpr StatusOfCode kStatuses[] = {
    {"AuthFailure", 401},
    {"IncompleteSignature", 403},
    {"InvalidClientTokenId", 403},
    {"MissingAuthenticationToken", 403},
    {"OptInRequired", 403},
    {"SignatureDoesNotMatch", 403},
    {"UnauthorizedOperation", 403},
    {"DryRunOperation", 412},
    {"InsufficientAddressCapacity", 500},
    {"InsufficientCapacity", 500},
    {"InsufficientHostCapacity", 500},
    {"InsufficientInstanceCapacity", 500},
    {"InternalError", 500},
    {"InternalFailure", 500},
    {"ServerInternal", 500},
    {"RequestLimitExceeded", 503},
    {"ServiceUnavailable", 503},
    {"Unavailable", 503},
};

}  // namespace

void bad_combination(std::string_view why) {
  throw Refusal{"InvalidParameterCombination", std::string(why)};
}

void bad_value(std::string_view name, std::string_view value, std::string_view why) {
  throw Refusal{"InvalidParameterValue",
                str("Value (", value, ") for parameter ", name, " is invalid. ", why)};
}

void token_mismatch() {
  throw Refusal{"IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with arguments used in "
                "previous request(s)."};
}

int http_status(std::string_view code) {
  for (const StatusOfCode& row : kStatuses) {
    if (row.code == code) return row.status;
  }
  return 400;
}

}  // namespace cb::ec2sim
