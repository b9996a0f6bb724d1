#pragma once
// Whether a configured text can be meant: an example that was copied and not filled in, a region
// that there is not.

#include <string>
#include <string_view>

namespace cb::app {

// "ami-...", "sg-xxxx", "<your subnet>", "YOUR_KEY": it stands for what a person should write.
bool is_placeholder(std::string_view text);

// Empty when `region` has the form of AWS's names; else a sentence, with the region that was
// probably meant. New regions pass: their words are the old ones.
std::string wrong_region(const std::string& region);

}  // namespace cb::app
