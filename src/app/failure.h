#pragma once
// How the commands of the command line end. The codes are documented in the manual page.

#include <string>

namespace cb::app {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // the broker answered ERROR; a configuration is faulty; serve cannot start
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // no broker at that address, or it hung up
  kTimedOut = 4,     // no answer within our own limit
  kOurFault = 70,    // EX_SOFTWARE of sysexits.h: a fault in compute-broker itself
  // `run` passes on the command's own code, so that its own have the numbers of env(1).
  kNoWorker = 125,
  kCannotExecute = 126,
  kNotFound = 127,
};

// Thrown by the client's commands, from wherever they are; main prints `what` and ends with
// `exit_code`.
struct Failure {
  ExitCode exit_code;
  std::string what;  // one sentence: what happened, to what, and what to do; empty: it was told
};

}  // namespace cb::app
