#pragma once
// EC2 on your desk: the Query API on loopback, with a real process behind each instance.

#include <cstdint>
#include <string>
#include <vector>

#include "ec2sim/workers/worker_processes.h"

namespace cb::ec2sim {

struct Ec2SimOptions {
  std::string listen = "127.0.0.1:4599";  // port 0: any free one
  std::string settings_file;              // JSON, as the control endpoint takes it; empty: none
  std::vector<std::string> settings;      // NAME=VALUE each, in order, after the file
  std::vector<std::string> access_keys;   // "ID:SECRET" or "ID:SECRET:SESSION_TOKEN", besides test
  bool worker_processes = true;
  int processes_max = 200;
  WorkerPorts ports;
  int net = 0;            // workers are on 127.net.0.0/16; 0: one that no other simulator uses
  std::string port_file;  // the port is written there once it is open; empty: none
};

// Serves until SIGTERM or SIGINT, then ends every worker. Prints one line with the endpoint and the
// environment to set on stdout. Returns the exit code; an error is one sentence on stderr.
// Call it on the main thread: workers die with the thread that started them.
int run_ec2sim(const Ec2SimOptions& options);

// True when this process was started as a worker: it has run to its end, and `exit_code` is what
// main should return. Every main() that may call run_ec2sim() calls this first.
bool run_as_worker_if_asked(int argc, char** argv, int& exit_code);

}  // namespace cb::ec2sim
