#pragma once
// Our own mistakes, as against a caller's or the world's. A failed CHECK ends the process, in
// release builds too: the journal is the way back, and a wrong step here spends money.

#include <stdexcept>
#include <string>

namespace cb {

// Thrown instead of abort() so that the simulator can report the seed. Nothing in the product
// catches it: main prints it and exits with 70 (EX_SOFTWARE).
struct CheckFailed : std::logic_error {
  using std::logic_error::logic_error;
};

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  throw CheckFailed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

}  // namespace cb

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::cb::check_failed(#condition, __FILE__, __LINE__))
