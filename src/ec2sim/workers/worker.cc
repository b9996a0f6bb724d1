#include "ec2sim/workers/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "ec2sim/workers/dserv_stand_in.h"
#include "ec2sim/workers/process_tree.h"
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
        early_timer_(io),
        ready_timer_(io),
        busy_timer_(io) {
    tcl_.ended = [] { end_all(); };  // the machine goes on, its service does not
    dserv_.on_answer = [] { tell(WorkerNews::kAnswer); };
    listen_to_parent();
    signals_.async_wait([](error_code, int) { end_all(); });
    at(open_timer_, order_.port_open, [this] { open(); });
    // The interpreter is tried while the machine boots: ready means that it can answer.
    tcl_.evaluate(wire::kReadyQuestion, [this](std::string) {
      tried_ = true;
      answer_early();
      at(ready_timer_, std::max(order_.ready, order_.port_open), [this] {
        ready_ = true;
        tell(WorkerNews::kReady);
        if (!computes_) scripts_.release();
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
    open_ = true;
    answer_early();
  }

  // It answers before it evaluates its configuration, and then not until it has.
  void answer_early() {
    if (!open_ || !tried_ || ready_ || read_clocks().boot >= order_.early_until) return;
    scripts_.release();
    at(early_timer_, order_.early_until, [this] {
      if (!ready_) scripts_.hold();
    });
  }

  // A line is a moment until which it computes; the end is the simulator's.
  void listen_to_parent() {
    asio::async_read_until(parent_, asio::dynamic_buffer(heard_), '\n',
                           [this](error_code failed, std::size_t size) {
                             if (failed) end_all();
                             const std::string line = heard_.substr(0, size - 1);
                             heard_.erase(0, size);
                             if (line == kFreeze) stand_still();
                             const auto until = parse_int(line);
                             if (until) compute_until(Micros{*until});
                             listen_to_parent();
                           });
  }

  // No handler runs: the kernel accepts, and nobody answers. Not by SIGSTOP, which would keep it
  // from ending with its simulator: a stopped process hears no SIGTERM, and is waked by the end of
  // its parent only where nobody else of its session adopts it.
  void stand_still() {
    while (heard_.find(str(kThaw, '\n')) == heard_.npos) {
      pollfd parent{kParentFd, POLLIN, 0};
      ::poll(&parent, 1, -1);
      char bytes[64];
      const ssize_t got = ::read(kParentFd, bytes, sizeof bytes);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) end_all();
      if (got > 0) heard_.append(bytes, static_cast<std::size_t>(got));
    }
  }

  void compute_until(Micros moment) {
    scripts_.hold();
    computes_ = true;
    at(busy_timer_, moment, [this] {
      computes_ = false;
      if (ready_) scripts_.release();
    });
  }

  WorkerOrder order_;
  asio::posix::stream_descriptor parent_;
  std::string heard_;
  asio::signal_set signals_;  // before the first child is started
  TclChild tcl_;
  ScriptQueue scripts_;
  DservStandIn dserv_;
  asio::steady_timer open_timer_;
  asio::steady_timer early_timer_;
  asio::steady_timer ready_timer_;
  asio::steady_timer busy_timer_;
  bool open_ = false;
  bool tried_ = false;
  bool ready_ = false;
  bool computes_ = false;
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
    case WorkerNews::kAnswer:
      return "answer";
  }
  return "";
}

int run_worker(int argc, char** argv) {
  if (argc != 11) return 64;  // EX_USAGE: it is no command for people
  die_with(static_cast<pid_t>(parse_int(argv[10]).value_or(0)));
  asio::io_context io(1);
  WorkerProcess worker(io, {.id = argv[2],
                            .address = argv[3],
                            .ports = {port(argv[4]), port(argv[5]), port(argv[6])},
                            .port_open = moment(argv[7]),
                            .early_until = moment(argv[8]),
                            .ready = moment(argv[9])});
  io.run();
  return 0;
}

}  // namespace cb::ec2sim
