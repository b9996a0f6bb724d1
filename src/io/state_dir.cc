#include "io/state_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "base/text.h"

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

}  // namespace cb::io
