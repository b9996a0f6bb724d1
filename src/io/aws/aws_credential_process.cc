#include "io/aws/aws_credential_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

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

// As exec takes them; they live as long as `texts`.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

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
  int start(const std::string& program, const std::vector<std::string>& words,
            const AwsEnvironment& environment, int output, int errors) {
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, 1);
    posix_spawn_file_actions_adddup2(&files, errors, 2);
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
    std::vector<std::string> settings;
    for (const auto& [name, value] : environment.variables) settings.push_back(name + '=' + value);
    const int error = posix_spawn(&pid_, program.c_str(), &files, &attributes,
                                  pointers(words).data(), pointers(settings).data());
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

struct Pipe {
  Descriptor from, to;
  std::string text;

  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    from.fd = ends[0];
    to.fd = ends[1];
    return true;
  }
  // False: it could not be read.
  bool take() {
    char part[4096];
    const ssize_t n = read(from.fd, part, sizeof part);
    if (n == 0) from.shut();
    if (n > 0) text.append(part, static_cast<std::size_t>(n));
    return n >= 0;
  }
};

// Until the end of both.
Status read_all(Pipe& output, Pipe& errors, const CommandLimits& limits) {
  const auto end = Clock::now() + limits.total;
  while (output.from.fd >= 0 || errors.from.fd >= 0) {
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    pollfd ready[]{{output.from.fd, POLLIN, 0}, {errors.from.fd, POLLIN, 0}};
    const int polled = left.count() <= 0 ? 0 : poll(ready, 2, static_cast<int>(left.count()));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return Error{str("took longer than ", to_string(limits.total))};
    if ((ready[0].revents != 0 && !output.take()) || (ready[1].revents != 0 && !errors.take())) {
      return Error{"could not be read"};
    }
    if (std::max(output.text.size(), errors.text.size()) > limits.output_bytes_max) {
      return Error{"printed too much"};
    }
  }
  return Done{};
}

}  // namespace

std::string find_program(const std::string& name, const AwsEnvironment& environment) {
  if (name.find('/') != name.npos) return access(name.c_str(), X_OK) == 0 ? name : std::string();
  std::string path = environment.get("PATH");
  if (path.empty()) path = "/usr/local/bin:/usr/bin:/bin";
  for (std::string_view directory : split(path, ':')) {
    std::string full = str(directory.empty() ? "." : directory, '/', name);
    if (access(full.c_str(), X_OK) == 0) return full;
  }
  return {};
}

Result<CommandOutput> run_command(const std::vector<std::string>& words,
                                  const AwsEnvironment& environment, CommandLimits limits) {
  const std::string program = words.empty() ? std::string() : find_program(words[0], environment);
  if (program.empty()) return Error{"names a program that is not there"};
  Pipe output;
  Pipe errors;
  if (!output.open() || !errors.open()) return Error{"no pipe could be made"};
  Child child;
  if (const int error = child.start(program, words, environment, output.to.fd, errors.to.fd);
      error != 0) {
    return Error{str("could not be started: ", std::strerror(error))};
  }
  output.to.shut();
  errors.to.shut();
  if (Status read = read_all(output, errors, limits); !read) return read.error();
  const int status = child.wait();
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return CommandOutput{code, std::move(output.text), std::move(errors.text)};
}

Result<std::string> run_credential_process(const std::string& command,
                                           const AwsEnvironment& environment,
                                           CommandLimits limits) {
  const auto words = wire::split_command(command);
  if (!words) return Error{"has a quote that is not closed"};
  auto output = run_command(*words, environment, limits);
  if (!output) return output.error();
  if (output->code == 0) return std::move(output->printed);
  const std::string said = in_one_line(output->errors);
  return Error{str("ended with code ", output->code, said.empty() ? "" : ": ", said)};
}

std::string in_one_line(const std::string& errors) {
  constexpr std::size_t kMost = 400;
  std::string out;
  for (std::string_view word : words(errors)) {
    if (out.size() + word.size() > kMost) return out + " ...";
    out += str(out.empty() ? "" : " ", word);
  }
  return out;
}

}  // namespace cb::io
