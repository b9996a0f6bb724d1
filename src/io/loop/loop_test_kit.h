#pragma once
// For tests of what lives on an io_context.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>

#include "base/time.h"

namespace cb::io {

// Turns `io` until `condition` holds; false when it does not within 20 s.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + seconds{20};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    io.restart();  // it stops when there is nothing left to do
    io.run_one_for(milliseconds{5});
  }
  return true;
}

}  // namespace cb::io
