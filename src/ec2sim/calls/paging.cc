#include "ec2sim/calls/paging.h"

#include "base/text.h"
#include "ec2sim/api/base64.h"
#include "ec2sim/api/refusal.h"
#include "wire/ec2_request.h"

namespace cb::ec2sim {
namespace {

constexpr std::string_view kTokenMark = "after ";

}  // namespace

std::int64_t page_size(const Query& query, PageSizes sizes) {
  const auto size = query.number("MaxResults");
  if (!size) return sizes.most;
  if (*size < sizes.least || *size > sizes.most) {
    throw Refusal{"InvalidParameterValue",
                  str("Value ( ", *size, " ) for parameter maxResults is invalid. Expecting a ",
                      "value between ", sizes.least, " and ", sizes.most, ".")};
  }
  return *size;
}

std::uint64_t page_start(const Query& query) {
  if (!query.has("NextToken")) return 0;
  const auto text = decode_base64(query.text("NextToken"));
  const bool ours = text && text->starts_with(kTokenMark);
  const auto number =
      ours ? parse_int(std::string_view(*text).substr(kTokenMark.size())) : std::nullopt;
  if (!number || *number < 0) {
    throw Refusal{"InvalidPaginationToken",
                  "The specified pagination token is not valid or is expired."};
  }
  return static_cast<std::uint64_t>(*number);
}

std::string token_after(std::uint64_t last) {
  return wire::base64(str(kTokenMark, last));
}

}  // namespace cb::ec2sim
