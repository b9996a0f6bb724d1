#pragma once
// Which of the rules apply this time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/prng.h"
#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

// A sequence of its own for the thing of this ordinal, so that its life does not depend on how
// calls and things happened to be interleaved.
Prng prng_of(std::uint64_t seed, std::uint64_t ordinal);
// "i-0123456789abcdef0": `prefix` with 17 digits.
std::string new_id(std::string_view prefix, Prng& prng);
// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
std::string new_uuid(Prng& prng);

// A length within `range`.
Micros drawn(const Range& range, Prng& prng);

// Takes one off `chance.next` when it falls.
bool falls(Chance& chance, Prng& prng);

// What happens to this call of `action` in `region`: a copy of the first rule that applies.
std::optional<FaultRule> draw_fault(Settings& settings, std::string_view action,
                                    std::string_view region, Prng& prng);

// "*", "ami-*" or the very text.
bool matches(std::string_view pattern, std::string_view text);
bool any_matches(const std::vector<std::string>& patterns, std::string_view text);

}  // namespace cb::ec2sim
