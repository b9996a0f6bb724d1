#include "app/client/child_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/failure.h"
#include "base/text.h"

namespace cb::app {
namespace {

constexpr int kPassedOn[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};

bool is_ours(const std::string& entry, const Variables& variables) {
  for (const auto& [name, value] : variables) {
    if (entry.starts_with(str(name, '='))) return true;
  }
  return false;
}

std::vector<std::string> environment_with(const Variables& variables) {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!is_ours(*entry, variables)) out.emplace_back(*entry);
  }
  for (const auto& [name, value] : variables) out.push_back(str(name, '=', value));
  return out;
}

// What exec wants; valid while `texts` lives unchanged.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

SignalsHeld::SignalsHeld() {
  ::sigemptyset(&held_);
  for (const int signal : kPassedOn) ::sigaddset(&held_, signal);
  ::sigaddset(&held_, SIGCHLD);
  // A parent that ignores SIGCHLD hands that down, and then no child could be waited for.
  std::signal(SIGCHLD, SIG_DFL);
  ::pthread_sigmask(SIG_BLOCK, &held_, &former_);
}

SignalsHeld::~SignalsHeld() {
  ::pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

pid_t start(const std::vector<std::string>& command, const Variables& variables,
            const SignalsHeld& signals) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = environment_with(variables);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &signals.former());
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, command.front().c_str(), nullptr, &attributes,
                                   pointers(arguments).data(), pointers(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  if (error == 0) return child;
  throw Failure{error == ENOENT ? kNotFound : kCannotExecute,
                str("cannot run ", command.front(), ": ", std::strerror(error),
                    "; give a program that exists and may be executed")};
}

int wait_for(pid_t child, const SignalsHeld& signals) {
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&signals.held(), &info);
    if (signal < 0) continue;
    if (signal != SIGCHLD) {
      if (info.si_code != SI_KERNEL) ::kill(child, signal);
      continue;
    }
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) != child) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

}  // namespace cb::app
