#include "io/clock/clock.h"

#include <sys/random.h>
#include <time.h>

#include <cstdint>
#include <fstream>

#include "base/check.h"

namespace cb::io {
namespace {

Duration read(clockid_t which) {
  timespec t{};
  CHECK(clock_gettime(which, &t) == 0);
  return seconds{t.tv_sec} +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{t.tv_nsec});
}

}  // namespace

Now now() {
  return {Instant{read(CLOCK_BOOTTIME)}, WallTime{read(CLOCK_REALTIME)}};
}

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

std::string fresh_nonce() {
  std::uint64_t random = 0;
  // Never interrupted or short for so few bytes: getrandom(2).
  CHECK(getrandom(&random, sizeof random, 0) == sizeof random);
  std::string nonce(12, '0');
  for (char& c : nonce) {
    c = "abcdefghijklmnopqrstuvwxyz0123456789"[random % 36];
    random /= 36;
  }
  return nonce;
}

}  // namespace cb::io
