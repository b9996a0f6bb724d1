#pragma once
// Where the log's lines go. Whoever reads them may stop reading, or go away: the daemon never waits
// for it.

#include <cstddef>
#include <deque>
#include <string>

#include "io/net/unique_fd.h"

namespace cb::app {

class LogPipe {
 public:
  // `fd` outlives this. At most `room` bytes wait for its reader.
  LogPipe(int fd, std::size_t room);

  // `line` without newline. Written if its reader takes it, else kept; lost, and counted, when it
  // would be more than `room` bytes that wait.
  void write(const std::string& line);
  // Writes what waits, as far as it is taken now. Cheap when nothing does.
  void flush();
  void set_room(std::size_t room) { room_ = room; }

  bool behind() const { return held_ != 0; }
  // Lines lost since the last call.
  std::size_t take_lost() { return std::exchange(lost_, 0); }

 private:
  enum class Way { kPlain, kSocket, kNonBlocking, kAsked };
  bool write_some(std::string& text);

  int fd_;
  io::UniqueFd
      own_;  // a non-blocking twin: the flag on `fd` itself would be everybody's who has it
  Way way_ = Way::kPlain;
  std::size_t room_;
  std::deque<std::string> waiting_;
  std::size_t held_ = 0;  // bytes in waiting_
  std::size_t lost_ = 0;
};

}  // namespace cb::app
