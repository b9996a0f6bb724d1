#include "ec2sim/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "ec2sim/dserv_stand_in.h"
#include "ec2sim/process_tree.h"
#include "wire/dserv_frame.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// tclsh, and whatever its scripts started, go with us.
[[noreturn]] void end_all() {
  kill_descendants(getpid());
  kill(0, SIGKILL);
  _exit(0);
}

void die_with(pid_t parent) {
  fcntl(kParentFd, F_SETFD, FD_CLOEXEC);
  std::signal(SIGPIPE, SIG_IGN);
  adopt_orphans();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) end_all();  // it died before we asked to be told
}

void tell(WorkerNews news) {
  const std::string line = str(name_of(news), ' ', read_clocks().boot.count(), '\n');
  if (write(kParentFd, line.data(), line.size()) < 0) end_all();
}

// Calls `then` at `moment` of CLOCK_BOOTTIME; never when it is kNever.
void at(asio::steady_timer& timer, Micros moment, std::function<void()> then) {
  if (moment == kNever) return;
  timer.expires_after(moment - read_clocks().boot);
  timer.async_wait([then = std::move(then)](error_code stopped) {
    if (!stopped) then();
  });
}

class WorkerProcess {
 public:
  WorkerProcess(asio::io_context& io, WorkerOrder order)
      : order_(std::move(order)),
        parent_(io, kParentFd),
        signals_(io, SIGTERM, SIGHUP, SIGINT),
        tcl_(io),
        scripts_(tcl_),
        dserv_(io, scripts_),
        open_timer_(io),
        ready_timer_(io) {
    tcl_.ended = [] { end_all(); };  // the machine goes on, its service does not
    dserv_.first_answer = [] { tell(WorkerNews::kFirstAnswer); };
    watch_parent();
    signals_.async_wait([](error_code, int) { end_all(); });
    at(open_timer_, order_.port_open, [this] { open(); });
    // The interpreter is tried while the machine boots: ready means that it can answer.
    tcl_.evaluate(wire::kReadyQuestion, [this](std::string) {
      at(ready_timer_, std::max(order_.ready, order_.port_open), [this] {
        tell(WorkerNews::kReady);
        scripts_.ready();
      });
    });
  }

 private:
  void open() {
    try {
      dserv_.open(order_.address, order_.ports);
    } catch (const boost::system::system_error& failed) {
      std::fprintf(stderr, "ec2sim: the worker of %s cannot listen on %s:%d: %s\n",
                   order_.id.c_str(), order_.address.c_str(), order_.ports.message,
                   failed.code().message().c_str());
      end_all();
    }
    tell(WorkerNews::kPortOpen);
  }

  // The simulator writes nothing: whatever there is to read is its end.
  void watch_parent() {
    parent_.async_wait(asio::posix::stream_descriptor::wait_read, [](error_code) { end_all(); });
  }

  WorkerOrder order_;
  asio::posix::stream_descriptor parent_;
  asio::signal_set signals_;  // before the first child is started
  TclChild tcl_;
  ScriptQueue scripts_;
  DservStandIn dserv_;
  asio::steady_timer open_timer_;
  asio::steady_timer ready_timer_;
};

Micros moment(std::string_view text) {
  return text == "never" ? kNever : Micros{parse_int(text).value_or(0)};
}

std::uint16_t port(std::string_view text) {
  return static_cast<std::uint16_t>(parse_int(text).value_or(0));
}

}  // namespace

std::string_view name_of(WorkerNews news) {
  switch (news) {
    case WorkerNews::kPortOpen:
      return "port_open";
    case WorkerNews::kReady:
      return "ready";
    case WorkerNews::kFirstAnswer:
      return "first_answer";
  }
  return "";
}

int run_worker(int argc, char** argv) {
  if (argc != 10) return 64;  // EX_USAGE: it is no command for people
  die_with(static_cast<pid_t>(parse_int(argv[9]).value_or(0)));
  asio::io_context io(1);
  WorkerProcess worker(io, {.id = argv[2],
                            .address = argv[3],
                            .ports = {port(argv[4]), port(argv[5]), port(argv[6])},
                            .port_open = moment(argv[7]),
                            .ready = moment(argv[8])});
  io.run();
  return 0;
}

}  // namespace cb::ec2sim
