#include "core/model/cloud.h"

#include <array>
#include <utility>

namespace cb::core {
namespace {

constexpr std::array<std::pair<Market, std::string_view>, 2> kMarkets{{
    {Market::kSpot, "spot"},
    {Market::kOnDemand, "on-demand"},
}};

constexpr std::array<std::pair<InstanceState, std::string_view>, 6> kStates{{
    {InstanceState::kPending, "pending"},
    {InstanceState::kRunning, "running"},
    {InstanceState::kShuttingDown, "shutting-down"},
    {InstanceState::kTerminated, "terminated"},
    {InstanceState::kStopping, "stopping"},
    {InstanceState::kStopped, "stopped"},
}};

constexpr std::array<std::pair<FailureClass, std::string_view>, 11> kClasses{{
    {FailureClass::kCapacity, "capacity"},
    {FailureClass::kQuota, "quota"},
    {FailureClass::kThrottle, "throttle"},
    {FailureClass::kDenied, "denied"},
    {FailureClass::kBadConfig, "bad config"},
    {FailureClass::kNotYetVisible, "not yet visible"},
    {FailureClass::kTokenEnded, "token ended"},
    {FailureClass::kTokenMismatch, "token mismatch"},
    {FailureClass::kUnknownOutcome, "unknown outcome"},
    {FailureClass::kUnreachable, "unreachable"},
    {FailureClass::kUnexpected, "unexpected"},
}};

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "unknown";
}

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::pair<Value, std::string_view>, N>& names,
                              std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Market market) {
  return name_of(kMarkets, market);
}
std::optional<Market> parse_market(std::string_view text) {
  return value_of(kMarkets, text);
}

std::string_view to_string(InstanceState state) {
  return name_of(kStates, state);
}
std::optional<InstanceState> parse_instance_state(std::string_view text) {
  return value_of(kStates, text);
}

std::string_view to_string(FailureClass c) {
  return name_of(kClasses, c);
}

std::string_view InstanceView::tag(std::string_view key) const {
  for (const auto& [name, value] : tags) {
    if (name == key) return value;
  }
  return {};
}

}  // namespace cb::core
