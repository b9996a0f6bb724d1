#pragma once
// How the broker's answers read in the text protocol, byte for byte what clients in the field
// parse. Every line is without its newline, and holds none.

#include <string>
#include <string_view>

#include "core/model/request.h"

namespace cb::wire {

std::string answer_line(const core::Answer& answer);

// "# booting i-0abc 12s, ready in about 18s".
std::string progress_line(const core::Progress& progress);

// "NOTICE 198.51.100.7 ended idle 900 s (limit 900 s)".
std::string notice_line(const core::Notice& notice);

// `text` with every control character turned into a blank, so that it stays one line.
std::string one_line(std::string_view text);

}  // namespace cb::wire
