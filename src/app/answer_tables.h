#pragma once
// The broker's JSON answers as text for people. Fields that an older broker does not send are
// shown as "-". Each throws Failure (kRefused) when the answer is {"error":...} or cannot be read.

#include <string>

namespace cb::app {

std::string status_table(const std::string& answer);      // of STATUS
std::string list_table(const std::string& answer);        // of LIST_ALL
std::string terminated_lines(const std::string& answer);  // of TERMINATE_ALL

}  // namespace cb::app
