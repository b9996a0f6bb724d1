#include "ec2sim/workers/tcl_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/check.h"
#include "wire/dserv_frame.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Frames as on the wire, on descriptors of their own: what a script prints must not get among them.
constexpr std::string_view kLoop = R"tcl(
namespace eval ::ec2sim {
  variable in [open /dev/fd/3 r]
  variable out [open /dev/fd/4 w]
  fconfigure $in -translation binary
  fconfigure $out -translation binary -buffering none
  proc serve {} {
    variable in
    variable out
    while 1 {
      set header [read $in 4]
      if {[string length $header] < 4} exit
      binary scan $header Iu size
      set script [encoding convertfrom utf-8 [read $in $size]]
      if {[catch {uplevel #0 $script} answer] == 1} {set answer "!TCL_ERROR $answer"}
      set answer [encoding convertto utf-8 $answer]
      puts -nonewline $out [binary format I [string length $answer]]$answer
    }
  }
}
::ec2sim::serve
)tcl";

struct Pipe {
  int read = -1;
  int write = -1;
};

Pipe new_pipe() {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  return {ends[0], ends[1]};
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become_tclsh(int script, int requests, int answers, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_DFL);           // Tcl's exec waits for its children
  if (getppid() != parent) _exit(1);  // it died before we asked to be told
  const int null = open("/dev/null", O_RDWR);
  // Out of the way of the numbers that they are to get.
  const int from = fcntl(requests, F_DUPFD, 10);
  const int to = fcntl(answers, F_DUPFD, 10);
  dup2(script, 0);
  dup2(null, 1);
  dup2(null, 2);
  dup2(from, 3);
  dup2(to, 4);
  close_range(5, ~0u, 0);
  execlp("tclsh", "tclsh", nullptr);
  _exit(127);
}

}  // namespace

TclChild::TclChild(asio::io_context& io) : life_(io), to_tcl_(io), from_tcl_(io) {
  const Pipe script = new_pipe();
  const Pipe requests = new_pipe();
  const Pipe answers = new_pipe();
  // Shorter than a pipe holds (64 KiB), so this does not block.
  CHECK(write(script.write, kLoop.data(), kLoop.size()) == std::ssize(kLoop));
  const pid_t parent = getpid();
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) become_tclsh(script.read, requests.read, answers.write, parent);
  for (const int end : {script.read, script.write, requests.read, answers.write}) close(end);
  to_tcl_.assign(requests.write);
  from_tcl_.assign(answers.read);
  // Not the end of its pipe: the programs that a script starts in the background have that too.
  life_.assign(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  life_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code failed) {
    if (!failed) ended();
  });
}

void TclChild::evaluate(std::string_view script, Done done) {
  CHECK(!done_);
  done_ = std::move(done);
  request_ = wire::encode_dserv_frame(script);
  asio::async_write(to_tcl_, asio::buffer(request_), [](error_code, std::size_t) {});
  read_answer();
}

void TclChild::read_answer() {
  asio::async_read(from_tcl_, asio::buffer(header_), [this](error_code failed, std::size_t) {
    if (failed) return;  // it has ended, see life_
    const std::size_t size = std::size_t{header_[0]} << 24 | std::size_t{header_[1]} << 16 |
                             std::size_t{header_[2]} << 8 | std::size_t{header_[3]};
    answer_.resize(size);
    asio::async_read(from_tcl_, asio::buffer(answer_), [this](error_code broken, std::size_t) {
      if (!broken) std::exchange(done_, nullptr)(std::move(answer_));
    });
  });
}

}  // namespace cb::ec2sim
