#pragma once
// Which of the rules apply this time.

#include <optional>
#include <string_view>

#include "base/prng.h"
#include "ec2sim/model/settings.h"

namespace cb::ec2sim {

// A length within `range`.
Micros drawn(const Range& range, Prng& prng);

// Takes one off `chance.next` when it falls.
bool falls(Chance& chance, Prng& prng);

// What happens to this call of `action`: a copy of the first rule that applies.
std::optional<FaultRule> draw_fault(Settings& settings, std::string_view action, Prng& prng);

// "*", "ami-*" or the very text.
bool matches(std::string_view pattern, std::string_view text);
bool any_matches(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace cb::ec2sim
