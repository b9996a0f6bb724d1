#pragma once
// MaxResults and NextToken: a list in pages.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

struct PageSizes {
  std::int64_t least = 5;
  std::int64_t most = 1000;  // also when the caller names none
};

// MaxResults. Throws Refusal when it is out of range.
std::int64_t page_size(const Query& query, PageSizes sizes);

// The number that token_after() put into NextToken; 0 without one. Throws InvalidPaginationToken.
std::uint64_t page_start(const Query& query);
std::string token_after(std::uint64_t last);

template <class T>
struct PageOf {
  std::vector<T> items;
  std::string next_token;  // empty: the last page
};

// One page of a list that is the same for every call.
template <class T>
PageOf<T> page_of(const std::vector<T>& all, const Query& query, PageSizes sizes) {
  const auto begin = std::min<std::uint64_t>(page_start(query), all.size());
  const auto size = static_cast<std::uint64_t>(page_size(query, sizes));
  const auto end = std::min<std::uint64_t>(begin + size, all.size());
  const auto at = [&](std::uint64_t n) { return all.begin() + static_cast<std::ptrdiff_t>(n); };
  return {{at(begin), at(end)}, end < all.size() ? token_after(end) : std::string{}};
}

}  // namespace cb::ec2sim
