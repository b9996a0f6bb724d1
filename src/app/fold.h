#pragma once
// Text for a terminal, broken between words.

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace cb::app {

// The columns of the terminal that `stream` is; 0: it is none, and nothing need be folded.
std::size_t columns_of(int fd);
std::size_t columns_of(std::FILE* stream);
// Whether `fd` is a terminal that understands more than letters (TERM=dumb does not).
bool is_capable_terminal(int fd);
// Whether `fd` is a terminal on which colours are wanted (https://no-color.org).
bool wants_colours(int fd);

// `text` with lines of at most `columns`, where words allow it. What is folded goes on below the
// line's second column (behind its last run of two blanks), or below its beginning; or it has
// `before` in front, where that is not empty. 0 columns: nothing is folded.
std::string folded(std::string_view text, std::size_t columns, std::string_view before = "");

}  // namespace cb::app
