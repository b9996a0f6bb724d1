#include "ec2sim/workers/worker_processes.h"

#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <cstring>
#include <vector>

#include "base/text.h"
#include "ec2sim/workers/process_tree.h"
#include "ec2sim/workers/worker.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;

std::vector<std::string> arguments_of(const WorkerOrder& order) {
  const auto moment = [](Micros when) {
    return when == kNever ? "never" : std::to_string(when.count());
  };
  return {"compute-broker",
          std::string(kWorkerMode),
          order.id,
          order.address,
          std::to_string(order.ports.message),
          std::to_string(order.ports.version),
          std::to_string(order.ports.health),
          moment(order.port_open),
          moment(order.early_until),
          moment(order.ready),
          std::to_string(getpid())};
}

// Our own binary, with `peer` as its kParentFd and nothing else of ours, in a new process group.
// 0 and errno's number, or the process id.
pid_t spawn(std::vector<std::string> arguments, int peer, int& failure) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, peer, kParentFd);
  posix_spawn_file_actions_addclosefrom_np(&files, kParentFd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = 0;
  failure = posix_spawn(&pid, "/proc/self/exe", &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure == 0 ? pid : 0;
}

}  // namespace

struct WorkerProcesses::Process {
  Process(std::uint64_t number, pid_t process, asio::io_context& io, int end)
      : ordinal(number), pid(process), pipe(io, end) {}

  std::uint64_t ordinal;
  pid_t pid;
  asio::posix::stream_descriptor pipe;
  asio::streambuf heard;
};

WorkerProcesses::WorkerProcesses(asio::io_context& io, WorkerHandlers handlers)
    : io_(io), handlers_(std::move(handlers)) {}

WorkerProcesses::~WorkerProcesses() {
  while (!all_.empty()) stop(all_.begin()->first);
}

Status WorkerProcesses::start(const WorkerOrder& order) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{str("No socket for the worker of ", order.id, ": ", std::strerror(errno), ".")};
  }
  int failure = 0;
  const pid_t pid = spawn(arguments_of(order), ends[1], failure);
  close(ends[1]);
  if (pid == 0) {
    close(ends[0]);
    return Error{str("The worker of ", order.id, " did not start: ", std::strerror(failure), ".")};
  }
  auto process = std::make_shared<Process>(order.ordinal, pid, io_, ends[0]);
  all_[order.ordinal] = process;
  listen_to(process);
  return Done{};
}

void WorkerProcesses::listen_to(const std::shared_ptr<Process>& process) {
  asio::async_read_until(process->pipe, process->heard, '\n',
                         [this, process](boost::system::error_code failed, std::size_t) {
                           if (failed == asio::error::operation_aborted) return;
                           if (!failed) {
                             hear(*process);
                             return listen_to(process);
                           }
                           const std::uint64_t ordinal = process->ordinal;
                           finish(*process);
                           handlers_.ended(ordinal);
                         });
}

// "ready 123456789"
void WorkerProcesses::hear(Process& process) {
  std::istream stream(&process.heard);
  std::string what;
  std::int64_t when = 0;
  stream >> what >> when;
  stream.ignore(1);
  for (const auto news : {WorkerNews::kPortOpen, WorkerNews::kReady, WorkerNews::kAnswer}) {
    if (name_of(news) == what) handlers_.news(process.ordinal, news, Micros{when});
  }
}

void WorkerProcesses::stop(std::uint64_t ordinal) {
  if (const auto found = all_.find(ordinal); found != all_.end()) finish(*found->second);
}

// The group before the leader is waited for: until then its number belongs to nobody else.
void WorkerProcesses::finish(Process& process) {
  kill_descendants(process.pid);
  kill(-process.pid, SIGKILL);
  waitpid(process.pid, nullptr, 0);
  process.pipe.close();
  all_.erase(process.ordinal);
}

// What answers stands still at once, the worker itself as soon as it reads of it.
void WorkerProcesses::freeze(std::uint64_t ordinal) {
  const auto found = all_.find(ordinal);
  if (found == all_.end()) return;
  stop_descendants(found->second->pid);
  say(*found->second, kFreeze);
}

void WorkerProcesses::thaw(std::uint64_t ordinal) {
  const auto found = all_.find(ordinal);
  if (found == all_.end()) return;
  say(*found->second, kThaw);
  continue_descendants(found->second->pid);
}

void WorkerProcesses::keep_busy(std::uint64_t ordinal, Micros until) {
  const auto found = all_.find(ordinal);
  if (found != all_.end()) say(*found->second, std::to_string(until.count()));
}

// A line on the way that news come from. A worker that is gone is heard of by its end.
void WorkerProcesses::say(Process& worker, std::string_view what) {
  const std::string line = str(what, '\n');
  [[maybe_unused]] const auto sent =
      send(worker.pipe.native_handle(), line.data(), line.size(), MSG_NOSIGNAL);
}

}  // namespace cb::ec2sim
