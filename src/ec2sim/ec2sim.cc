#include "ec2sim/ec2sim.h"

#include <sys/random.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "ec2sim/api/http_listener.h"
#include "ec2sim/api/service.h"
#include "ec2sim/model/capacity.h"
#include "ec2sim/workers/net_claim.h"
#include "ec2sim/workers/worker.h"

namespace cb::ec2sim {
namespace {

namespace asio = boost::asio;

// The service, its processes and its listener, on one thread.
class Host {
 public:
  Host(asio::io_context& io, const Ec2SimOptions& options, Settings settings, int net)
      : options_(options),
        service_(std::move(settings), Addresses(net),
                 {options.worker_processes, options.processes_max}),
        workers_(io, {[this](auto ordinal, auto news, Micros when) { heard(ordinal, news, when); },
                      [this](auto ordinal) { service_.instances().service_ended(ordinal); }}),
        listener_(io, {[this](const HttpRequest& request) { return handle(request); },
                       [this](const HttpAnswer& answer) { service_.sent(answer, read_clocks()); }}),
        timer_(io) {}

  Result<std::uint16_t> listen() { return listener_.listen(options_.listen); }

 private:
  HttpAnswer handle(const HttpRequest& request) {
    HttpAnswer answer = service_.handle(request, read_clocks());
    act();
    return answer;
  }

  // Does what the instances ask for, and wakes up when it next has something to do.
  void act() {
    for (const Effect& effect : service_.instances().take_effects()) apply(effect);
    const Micros next = service_.instances().next_deadline();
    if (next == armed_) return;
    armed_ = next;
    timer_.cancel();
    if (next == kNever) return;
    timer_.expires_after(next - read_clocks().boot);
    timer_.async_wait([this](boost::system::error_code stopped) {
      if (stopped) return;
      armed_ = kNever;
      service_.instances().advance(read_clocks());
      act();
    });
  }

  void apply(const Effect& effect) {
    switch (effect.what) {
      case Effect::What::kStart:
        return start(effect.instance);
      case Effect::What::kStop:
        return workers_.stop(effect.instance);
      case Effect::What::kFreeze:
        return workers_.freeze(effect.instance);
      case Effect::What::kThaw:
        return workers_.thaw(effect.instance);
      case Effect::What::kBusy:
        return workers_.keep_busy(effect.instance, effect.until);
    }
  }

  void start(std::uint64_t ordinal) {
    const Instance* instance = service_.instances().at(ordinal);
    const Times& times = instance->times;
    const Status done = workers_.start({ordinal, instance->id, instance->address, options_.ports,
                                        times.port_open, times.early_until, times.ready});
    if (!done) {
      std::fprintf(stderr, "ec2sim: %s\n", done.error().what.c_str());
      service_.instances().service_ended(ordinal);
    }
  }

  void heard(std::uint64_t ordinal, WorkerNews news, Micros when) {
    Seen* seen = service_.instances().seen(ordinal);
    if (!seen) return;
    if (news == WorkerNews::kPortOpen) seen->port_open = when;
    if (news == WorkerNews::kReady) seen->ready = when;
    if (news != WorkerNews::kAnswer) return;
    if (!seen->first_answer) seen->first_answer = when;
    seen->latest_answer = when;
  }

  const Ec2SimOptions& options_;
  Service service_;
  WorkerProcesses workers_;
  HttpListener listener_;
  asio::steady_timer timer_;
  Micros armed_ = kNever;
};

Status read_file(Settings& settings, const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return Error{str("Cannot read the settings file ", path, ".")};
  boost::system::error_code bad;
  const auto value = boost::json::parse(text.str(), bad);
  if (bad) return Error{str("The settings file ", path, " is not JSON: ", bad.message(), ".")};
  const Status done = apply(settings, value);
  return done ? done : Error{str("In the settings file ", path, ": ", done.error().what)};
}

Status add_key(Settings& settings, const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3 || parts[0].empty() || parts[1].empty()) {
    return Error{"An access key must be ID:SECRET or ID:SECRET:SESSION_TOKEN."};
  }
  const std::string token(parts.size() == 3 ? parts[2] : std::string_view{});
  settings.access_keys[std::string(parts[0])] = {std::string(parts[1]), token};
  return Done{};
}

Result<Settings> settings_of(const Ec2SimOptions& options) {
  Settings settings;
  if (getrandom(&settings.seed, sizeof settings.seed, 0) < 0) return Error{"No random numbers."};
  settings.seed >>= 12;  // JSON's numbers are exact up to 2^53
  if (!options.settings_file.empty()) {
    if (Status done = read_file(settings, options.settings_file); !done) return done.error();
  }
  for (const std::string& assignment : options.settings) {
    if (Status done = apply_assignment(settings, assignment); !done) return done.error();
  }
  for (const std::string& key : options.access_keys) {
    if (Status done = add_key(settings, key); !done) return done.error();
  }
  return settings;
}

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const auto folder : split(path ? path : "", ':')) {
    if (access(str(folder, '/', program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Whoever listens on this port of all addresses (a dserv of this machine) has it on the workers'
// addresses too.
Status check_port(int net, std::uint16_t port, std::string_view option) {
  namespace ip = asio::ip;
  const std::string host = str("127.", net, ".255.254");
  asio::io_context io;
  ip::tcp::acceptor probe(io, ip::tcp::v4());
  probe.set_option(ip::tcp::acceptor::reuse_address(true));
  boost::system::error_code taken;
  probe.bind({ip::make_address(host), port}, taken);
  if (!taken) probe.listen(1, taken);
  if (!taken) return Done{};
  return Error{str("Workers cannot listen on port ", port, " (", taken.message(),
                   "): end what listens there on all addresses, or choose another port with ",
                   option, ".")};
}

Status check_workers(const Ec2SimOptions& options, int net) {
  if (!options.worker_processes) return Done{};
  if (!on_path("tclsh")) {
    return Error{
        "The workers need tclsh, which is not on PATH: install it (apt install tcl), or use "
        "--no-worker-processes."};
  }
  Status done = check_port(net, options.ports.message, "--worker-port");
  if (done) done = check_port(net, options.ports.version, "--version-port");
  if (done) done = check_port(net, options.ports.health, "--health-port");
  return done;
}

Status write_port(const std::string& path, std::uint16_t port) {
  if (path.empty()) return Done{};
  const std::string fresh = path + ".new";
  std::ofstream file(fresh);
  file << port << '\n';
  file.close();
  if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{str("Cannot write the port to ", path, ".")};
  }
  return Done{};
}

void greet(const Ec2SimOptions& options, std::uint16_t port, const Settings& settings, int net) {
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  const auto& [id, key] = *settings.access_keys.begin();
  std::printf(
      "ec2sim at http://%s:%d, seed %llu, workers at 127.%d.0.0/16; for the broker and aws:\n"
      "  export AWS_ENDPOINT_URL=http://%s:%d AWS_REGION=us-east-1\n"
      "  export AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n",
      host.c_str(), port, static_cast<unsigned long long>(settings.seed), net, host.c_str(), port,
      id.c_str(), id == "test" ? key.secret.c_str() : "...");
  std::fflush(stdout);
}

Status serve(const Ec2SimOptions& options) {
  Result<Settings> settings = settings_of(options);
  if (!settings) return settings.error();
  const Result<NetClaim> claim = NetClaim::claim(options.net);
  if (!claim) return claim.error();
  if (Status done = check_workers(options, claim->net()); !done) return done;
  asio::io_context io(1);
  Host host(io, options, *settings, claim->net());
  const Result<std::uint16_t> port = host.listen();
  if (!port) return port.error();
  if (Status done = write_port(options.port_file, *port); !done) return done;
  greet(options, *port, *settings, claim->net());
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
  io.run();
  return Done{};
}

}  // namespace

int run_ec2sim(const Ec2SimOptions& options) {
  const Status done = serve(options);
  if (done) return 0;
  std::fprintf(stderr, "ec2sim: %s\n", done.error().what.c_str());
  return 1;
}

bool run_as_worker_if_asked(int argc, char** argv, int& exit_code) {
  if (argc < 2 || argv[1] != kWorkerMode) return false;
  exit_code = run_worker(argc, argv);
  return true;
}

}  // namespace cb::ec2sim
