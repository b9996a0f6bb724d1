#include "io/store/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "base/prng.h"
#include "base/text.h"
#include "io/clock/clock.h"

namespace cb::io {
namespace {

// With the rights of a directory that holds secrets, parents included.
void make(const std::filesystem::path& path) {
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    ::mkdir(so_far.c_str(), 0700);  // what fails here shows when the lock is opened
  }
}

}  // namespace

Status StateDir::take() {
  if (held()) return Done{};
  rival_ = false;
  make(path_);
  UniqueFd lock = open_lock();
  if (!lock) {
    return Error{str("the state directory ", path_.string(), " cannot be used: ",
                     std::strerror(errno), "; make it for this user (install -d -m 700 -o USER ",
                     path_.string(), "), or set another state_dir")};
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return held_by_another();
    return Error{str("the state directory ", path_.string(), " cannot be locked: ",
                     std::strerror(errno), "; set a state_dir on a local disk")};
  }
  // For whoever is refused. A disk that is full costs them this word only.
  const std::string pid = str(::getpid(), "\n");
  if (::ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
  }
  lock_ = std::move(lock);
  return Done{};
}

// On a disk that may not be written the file is locked as it stands, or the directory itself.
UniqueFd StateDir::open_lock() const {
  UniqueFd fd(::open(lock_file().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (fd) return fd;
  fd.reset(::open(lock_file().c_str(), O_RDONLY | O_CLOEXEC));
  if (fd) return fd;
  fd.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd;
}

Error StateDir::held_by_another() {
  rival_ = true;
  std::string pid;
  std::ifstream(lock_file()) >> pid;
  return Error{str("another compute-broker", pid.empty() ? "" : str(" (process ", pid, ")"),
                   " uses the state directory ", path_.string(),
                   ": stop it, or give this one another name and state_dir")};
}

std::string place_of(const std::filesystem::path& state_dir) {
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  // A container may have none; then it is itself for as long as its host runs.
  if (machine.empty()) machine = boot_id();
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  std::error_code unknown;
  const std::filesystem::path path = std::filesystem::weakly_canonical(state_dir, unknown);
  const std::uint64_t sum =
      seed_of(str(machine, "\n", host, "\n", unknown ? state_dir.string() : path.string()));
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(sum >> shift & 0xff);
  return hex(bytes);
}

}  // namespace cb::io
