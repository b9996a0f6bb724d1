#pragma once
// The stand-in for a machine with dserv on it: a process that has one loopback address, accepts
// before it can answer, evaluates Tcl one script after the other, and dies with the simulator.

#include <string_view>

#include "ec2sim/workers/worker_processes.h"

namespace cb::ec2sim {

// The hidden first argument of our binary, and the descriptor that leads to the simulator.
inline constexpr std::string_view kWorkerMode = "ec2sim-worker";
inline constexpr int kParentFd = 3;

// What a worker writes to the simulator: the name and a moment, on one line.
std::string_view name_of(WorkerNews news);

// Lines that the simulator writes to a worker, beside the moments until which it computes: from
// kFreeze to kThaw it does nothing but to end with the simulator.
inline constexpr std::string_view kFreeze = "freeze", kThaw = "thaw";

// Runs a worker, to its end, as its arguments say. Returns the exit code.
int run_worker(int argc, char** argv);

}  // namespace cb::ec2sim
