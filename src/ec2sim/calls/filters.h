#pragma once
// Filter.1, Filter.2, ... of the Describe calls.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

// Any of the values may match.
struct Filter {
  std::string name;
  std::vector<std::string> values;
};
std::vector<Filter> read_filters(const Query& query);
[[noreturn]] void unknown_filter(std::string_view name);

// '*' and '?' as filter values use them.
bool matches_filter(std::string_view pattern, std::string_view text);

// What a filter looks at: none, one or several values of one thing. Throws unknown_filter() for a
// name that it does not know.
using ValuesOf = std::function<std::vector<std::string>(const std::string& filter)>;
// All filters must let it through.
bool passes(const std::vector<Filter>& filters, const ValuesOf& values_of);

}  // namespace cb::ec2sim
