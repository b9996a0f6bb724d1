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
template <class T>
struct FilterField {
  std::string_view name;
  std::vector<std::string> (*of)(const T&);
};
// What `item` has in each of these fields, which outlive it as `item` does.
template <class T, std::size_t N>
ValuesOf values_in(const FilterField<T> (&fields)[N], const T& item) {
  return [&](const std::string& filter) {
    for (const FilterField<T>& field : fields) {
      if (field.name == filter) return field.of(item);
    }
    unknown_filter(filter);
  };
}
// All filters must let it through.
bool passes(const std::vector<Filter>& filters, const ValuesOf& values_of);

}  // namespace cb::ec2sim
