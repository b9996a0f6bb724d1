#include "base/money.h"

#include <cstdio>
#include <cstdlib>

namespace cb {

std::string to_string(Money money) {
  const std::int64_t tenths = (std::llabs(money.micro_dollars) + 50) / 100;
  char text[40];
  std::snprintf(text, sizeof text, "%s$%lld.%04lld", money.micro_dollars < 0 ? "-" : "",
                static_cast<long long>(tenths / 10'000), static_cast<long long>(tenths % 10'000));
  return text;
}

}  // namespace cb
