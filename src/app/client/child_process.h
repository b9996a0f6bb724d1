#pragma once
// The command of `run`: started with a worker's address, given our signals, waited for.

#include <sys/types.h>

#include <csignal>
#include <string>
#include <utility>
#include <vector>

namespace cb::app {

// From construction to destruction the signals that end or steer a program are held back in the
// calling thread, and in threads that it starts, so that wait_for() can pass them on.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  const sigset_t& held() const { return held_; }
  const sigset_t& former() const { return former_; }

 private:
  sigset_t held_;
  sigset_t former_;
};

using Variables = std::vector<std::pair<std::string, std::string>>;

// Starts `command` (looked up in PATH) with our environment and `variables`. Throws Failure with
// kNotFound or kCannotExecute.
pid_t start(const std::vector<std::string>& command, const Variables& variables,
            const SignalsHeld& signals);

// Passes signals on until the child has ended; those that the terminal sends reach it by
// themselves. Returns its exit code, or 128 + the signal that ended it.
int wait_for(pid_t child, const SignalsHeld& signals);

}  // namespace cb::app
