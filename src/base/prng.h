#pragma once
// A small generator whose whole state is a seed, for jitter and for simulated worlds. Not for
// secrets.

#include <cstdint>
#include <string_view>

#include "base/time.h"

namespace cb {

// A seed from a name: FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv), the same with every
// compiler and library, which std::hash is not.
inline std::uint64_t seed_of(std::string_view name, std::uint64_t salt = 0) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ salt;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Prng {
 public:
  explicit Prng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, bound); 0 when bound is 0. The bias of the modulus is below 2^-32 here.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  // Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  Duration between(Duration low, Duration high) {
    return Duration{between(low.count(), high.count())};
  }
  // True in `percent` of 100 calls.
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace cb
