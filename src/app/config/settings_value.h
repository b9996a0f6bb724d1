#pragma once
// The value of one setting, whatever its type, and how it reads as text.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/calendar/warm_calendar.h"
#include "base/time.h"
#include "core/model/settings.h"

namespace cb::app {

using Value = std::variant<bool, std::int64_t, Duration, std::string, std::vector<std::string>,
                           WarmRules, core::ByRegion>;

enum class Type { kBool, kInteger, kDuration, kText, kList, kChoice, kWarmRules, kByRegion };

// As TOML writes it: `"15m"`, `["a", "b"]`, `true`, `{ eu-west-1 = ["a", "b"] }`.
std::string to_toml(const Value& value);
// `text` as a TOML basic string, quotes included.
std::string toml_quoted(std::string_view text);

// The number that a range holds: itself, milliseconds, bytes of text, or entries of a list or
// table.
std::int64_t magnitude(const Value& value);

// How many letters must change to make one word of the other.
std::size_t edit_distance(std::string_view a, std::string_view b);
// The word of `known` that `text` was probably meant to be; "" when none is near.
std::string nearest(std::string_view text, const std::vector<std::string>& known);

}  // namespace cb::app
