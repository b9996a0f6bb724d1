#pragma once
// The directory that a broker keeps its state in, held by one broker at a time.

#include <filesystem>
#include <string>

#include "base/result.h"
#include "io/net/unique_fd.h"

namespace cb::io {

class StateDir {
 public:
  explicit StateDir(std::filesystem::path path) : path_(std::move(path)) {}

  // Makes the directory where it is missing (mode 0700, as its parents) and locks it until this
  // ends or the process dies, kill -9 included. Does nothing when it is held already. An error says
  // which process holds it (`rival()` is then true: do not start), or why it cannot be made.
  Status take();
  bool held() const { return static_cast<bool>(lock_); }
  bool rival() const { return rival_; }

  std::filesystem::path journal() const { return path_ / "journal.db"; }

 private:
  std::filesystem::path lock_file() const { return path_ / "lock"; }
  UniqueFd open_lock() const;
  Error held_by_another();

  std::filesystem::path path_;
  UniqueFd lock_;
  bool rival_ = false;
};

// A word for this machine and this directory, the same in every run, whatever is in the directory:
// who has lost his journal still knows by it what he has launched. Never a secret.
std::string place_of(const std::filesystem::path& state_dir);

}  // namespace cb::io
