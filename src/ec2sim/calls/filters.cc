#include "ec2sim/calls/filters.h"

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {

bool matches_filter(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;  // the star takes one character more
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<Filter> read_filters(const Query& query) {
  std::vector<Filter> filters;
  for (const std::string& prefix : query.prefixes("Filter")) {
    filters.push_back({query.required(prefix + "Name"), query.list(prefix + "Value")});
  }
  return filters;
}

void unknown_filter(std::string_view name) {
  throw Refusal{"InvalidParameterValue", str("The filter '", name, "' is invalid")};
}

bool passes(const std::vector<Filter>& filters, const ValuesOf& values_of) {
  return std::ranges::all_of(filters, [&](const Filter& filter) {
    for (const std::string& value : values_of(filter.name)) {
      for (const std::string& pattern : filter.values) {
        if (matches_filter(pattern, value)) return true;
      }
    }
    return false;
  });
}

}  // namespace cb::ec2sim
