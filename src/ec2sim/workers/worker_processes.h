#pragma once
// The worker processes: starts them, ends them, hears from them. Each is our own binary, started
// anew in a hidden mode (worker_main.cc), in a process group of its own.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "ec2sim/model/clock.h"

namespace cb::ec2sim {

struct WorkerPorts {
  std::uint16_t message = 2560;
  std::uint16_t version = 4620;
  std::uint16_t health = 2565;
};

struct WorkerOrder {
  std::uint64_t ordinal = 0;
  std::string id;       // for `ps`
  std::string address;  // "127.70.0.1"
  WorkerPorts ports;
  Micros port_open{0};    // CLOCK_BOOTTIME
  Micros early_until{0};  // it answers from its opening until then, and again when it is ready
  Micros ready{0};
};

enum class WorkerNews { kPortOpen, kReady, kAnswer };

struct WorkerHandlers {
  std::function<void(std::uint64_t ordinal, WorkerNews news, Micros when)> news;
  std::function<void(std::uint64_t ordinal)> ended;  // by itself
};

class WorkerProcesses {
 public:
  // Must live on the thread that stays until the program's end: a worker dies with the thread that
  // started it (PR_SET_PDEATHSIG).
  WorkerProcesses(boost::asio::io_context& io, WorkerHandlers handlers);
  ~WorkerProcesses();  // ends them all

  Status start(const WorkerOrder& order);
  // Ends the process and all that it started, at once. Unknown ordinals are ignored, here and
  // below.
  void stop(std::uint64_t ordinal);
  void freeze(std::uint64_t ordinal);
  void thaw(std::uint64_t ordinal);
  // Whatever it is asked waits until then.
  void keep_busy(std::uint64_t ordinal, Micros until);

 private:
  struct Process;
  void listen_to(const std::shared_ptr<Process>& process);
  void hear(Process& process);
  void finish(Process& process);
  static void say(Process& worker, std::string_view what);

  boost::asio::io_context& io_;
  WorkerHandlers handlers_;
  std::map<std::uint64_t, std::shared_ptr<Process>> all_;
};

}  // namespace cb::ec2sim
