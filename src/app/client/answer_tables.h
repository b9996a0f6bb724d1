#pragma once
// The broker's JSON answers as text for people. Fields that an older broker does not send are
// shown as "-". Each throws Failure (kRefused) when the answer is {"error":...} or cannot be read.

#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace cb::app {

std::string status_table(const std::string& answer);                 // of STATUS
std::string list_table(const std::string& answer);                   // of LIST_ALL
std::string pools_table(const std::string& pools);                   // the pools of STATUS all
std::vector<std::string> terminated_ids(const std::string& answer);  // of TERMINATE_ALL
// Of TERMINATE_ALL as well: what EC2 will not end, and why.
std::vector<std::pair<std::string, std::string>> refused_ends(const std::string& answer);
// Any answer that is JSON.
boost::json::value parsed_answer(const std::string& answer);

}  // namespace cb::app
