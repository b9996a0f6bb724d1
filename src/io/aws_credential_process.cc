#include "io/aws_credential_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/text.h"

namespace cb::io {
namespace {

using Clock = std::chrono::steady_clock;

struct Descriptor {
  int fd = -1;
  ~Descriptor() { shut(); }
  void shut() {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

// A child in its own process group, killed and reaped at the latest when this ends.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    (void)wait();
  }

  // 0, or errno.
  int start(const std::string& command, int output) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t pipe;  // a daemon ignores it; what it starts should not
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const char* words[] = {"sh", "-c", command.c_str(), nullptr};
    const int error = posix_spawn(&pid_, "/bin/sh", &files, &attributes,
                                  const_cast<char* const*>(words), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) pid_ = -1;
    return error;
  }

  int wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

// Until the end of the output.
Result<std::string> read_all(int fd, const CommandLimits& limits) {
  const auto end = Clock::now() + limits.total;
  std::string out;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    pollfd ready{fd, POLLIN, 0};
    const int polled = left.count() <= 0 ? 0 : poll(&ready, 1, static_cast<int>(left.count()));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return Error{str("took longer than ", to_string(limits.total))};
    char part[4096];
    const ssize_t n = read(fd, part, sizeof part);
    if (n < 0) return Error{"could not be read"};
    if (n == 0) return out;
    out.append(part, static_cast<std::size_t>(n));
    if (out.size() > limits.output_bytes_max) return Error{"printed too much"};
  }
}

}  // namespace

Result<std::string> run_command(const std::string& command, CommandLimits limits) {
  Descriptor output;
  Descriptor input;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error{"no pipe could be made"};
  output.fd = ends[0];
  input.fd = ends[1];
  Child child;
  if (const int error = child.start(command, input.fd); error != 0) {
    return Error{str("could not be started: ", std::strerror(error))};
  }
  input.shut();
  auto printed = read_all(output.fd, limits);
  if (!printed) return printed.error();
  const int status = child.wait();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return printed;
  if (WIFEXITED(status)) return Error{str("ended with code ", WEXITSTATUS(status))};
  return Error{str("was ended by signal ", WTERMSIG(status))};
}

}  // namespace cb::io
