#include "app/serve/log_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/text.h"

namespace cb::app {

LogPipe::LogPipe(int fd, std::size_t room) : fd_(fd), room_(room) {
  struct stat is {};
  if (::fstat(fd, &is) != 0) return;
  if (S_ISSOCK(is.st_mode)) {
    way_ = Way::kSocket;
  } else if (S_ISFIFO(is.st_mode) || S_ISCHR(is.st_mode)) {
    constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    own_ = io::UniqueFd(::open(str("/proc/self/fd/", fd).c_str(), kFlags));
    way_ = own_ ? Way::kNonBlocking : Way::kAsked;
  }
}

void LogPipe::write(const std::string& line) {
  flush();
  std::string text = line + '\n';
  if (waiting_.empty() && !write_some(text)) {
    waiting_.push_back(std::move(text));  // the rest of a line goes first, whatever its length
    held_ = waiting_.back().size();
  } else if (!text.empty()) {
    if (held_ + text.size() > room_) {
      ++lost_;
      return;
    }
    held_ += text.size();
    waiting_.push_back(std::move(text));
  }
}

void LogPipe::flush() {
  while (!waiting_.empty()) {
    std::string& first = waiting_.front();
    const std::size_t before = first.size();
    const bool whole = write_some(first);
    held_ -= before - first.size();
    if (!whole) return;
    waiting_.pop_front();
  }
}

// Takes away from `text` what could be written; whether that was all of it. What fails for ever (a
// pipe without a reader) is let go.
bool LogPipe::write_some(std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const char* const from = text.data() + done;
    std::size_t size = text.size() - done;
    ssize_t written = 0;
    if (way_ == Way::kSocket) {
      written = ::send(fd_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (way_ == Way::kAsked) {
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, 0) == 0) break;
      written = ::write(fd_, from, std::min<std::size_t>(size, PIPE_BUF));
    } else {
      written = ::write(own_ ? own_.get() : fd_, from, size);
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    if (written < 0) {
      text.clear();
      return true;
    }
    done += static_cast<std::size_t>(written);
  }
  text.erase(0, done);
  return text.empty();
}

}  // namespace cb::app
