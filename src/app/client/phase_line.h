#pragma once
// What a person sees while a worker is on its way: a sentence on the terminal, overwritten in
// place. A terminal that cannot do that (TERM=dumb) shows each phase once.

#include <chrono>
#include <cstdio>
#include <string>

namespace cb::app {

class PhaseLine {
 public:
  // Writes to `out` if it is a terminal, and nothing otherwise.
  explicit PhaseLine(std::FILE* out = stderr);
  // Wipes it.
  ~PhaseLine();
  PhaseLine(const PhaseLine&) = delete;
  PhaseLine& operator=(const PhaseLine&) = delete;

  // A new phase; empty: the same one, some time later.
  void show(const std::string& phase);

 private:
  std::string wipe() const;

  std::FILE* out_;
  bool visible_;
  bool overwrites_;
  std::size_t lines_ = 0;
  std::chrono::steady_clock::time_point begun_;
  std::string phase_ = "asking the broker";
};

}  // namespace cb::app
