#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/text.h"
#include "sim/run/runner.h"

namespace cb::sim {
namespace {

[[noreturn]] void become(const std::string& program, const std::string& line, int out) {
  ::dup2(out, STDOUT_FILENO);
  const std::vector<std::string_view> pieces = words(line);
  std::vector<std::string> owned{program};
  owned.insert(owned.end(), pieces.begin(), pieces.end());
  std::vector<char*> arguments;
  for (std::string& argument : owned) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  _exit(127);
}

std::string read_all(int fd) {
  std::string out;
  char bytes[4096];
  for (ssize_t size; (size = ::read(fd, bytes, sizeof bytes)) > 0;) {
    out.append(bytes, static_cast<std::size_t>(size));
  }
  return out;
}

}  // namespace

std::optional<std::uint64_t> digest_elsewhere(const std::string& program, std::uint64_t seed,
                                              const Command& command) {
  const std::string line = str("--seed ", seed, command.narrowing.flags());
  int ends[2];
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) become(program, line, ends[1]);
  ::close(ends[1]);
  const std::string heard = read_all(ends[0]);
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  constexpr std::string_view kBefore = "digest ";
  const std::size_t at = heard.find(kBefore);
  if (at == std::string::npos) return {};
  return std::stoull(heard.substr(at + kBefore.size()));
}

}  // namespace cb::sim
