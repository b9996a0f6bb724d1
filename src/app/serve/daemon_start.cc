// How serve comes up: state directory, journal, cloud, listeners, in this order, so that nobody is
// served by a broker that may not run.

#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "app/config/aws_settings.h"
#include "app/serve/daemon.h"
#include "base/text.h"
#include "driver/recovery.h"
#include "io/clock/clock.h"
#include "io/store/state_dir.h"
#include "wire/ec2_request.h"

namespace cb::app {

using core::LogLevel;

// What callers' numbers begin with; the next door takes the next number.
constexpr CallerSource kTextSource = 0;

Daemon::Daemon(LoadedConfig loaded, ServeFlags flags)
    : loaded_(std::move(loaded)),
      flags_(std::move(flags)),
      log_(loaded_.config.log, STDERR_FILENO, [] { return io::now().boot; }) {}

Daemon::~Daemon() = default;

Status Daemon::start(const std::string& port_file) {
  take_signals();
  for (const std::string& warning : loaded_.warnings) {
    say(LogLevel::kWarning, "settings.warning", warning);
  }
  core::Event started;
  if (Status status = open_journal(started); !status) return status;
  if (Status status = open_cloud(); !status) return status;
  broker_.emplace(loaded_.config.core, wire::encode_run_instances);
  prober_.emplace(io_, loop_);
  if (Status status = open_doors(); !status) return status;
  driver_.emplace(*broker_, ports());
  loop_.drive(*driver_, {[this] { listener_->read_what_waits(); },
                         [this] {
                           stop_when_quiet();
                           log_.catch_up();
                         }});
  loop_.post(std::move(started));
  warm_.plan(loaded_.config.warm);
  say_where_it_listens();
  return write_port_file(port_file);
}

#ifdef BROKER_CRASH_POINTS

driver::Ports Daemon::ports() {
  crashing_store_.emplace(*store_, crash_points_);
  crashing_cloud_.emplace(*cloud_, crash_points_);
  return {*crashing_cloud_, *prober_, replies_, *crashing_store_, log_};
}

port::EventSink& Daemon::cloud_events() {
  return crashing_sink_;
}

#else

driver::Ports Daemon::ports() {
  return {*cloud_, *prober_, replies_, *store_, log_};
}

port::EventSink& Daemon::cloud_events() {
  return loop_;
}

#endif

Status Daemon::open_journal(core::Event& started) {
  const ServeConfig& config = loaded_.config;
  io::StoreOptions options;
  options.state_dir = config.state_dir;
  options.boot_id = io::boot_id();
  options.ledger_keep = config.ledger_keep;
  const Now now = io::now();
  const std::string boot = options.boot_id;
  auto opened = io::SqliteStore::open(std::move(options), now);
  if (!opened) return opened.error();
  store_ = std::move(opened->store);
  started = driver::started(std::move(opened->journal), boot, now, io::fresh_nonce(),
                            config.core.restart_elapsed_max, io::place_of(config.state_dir));
  return Done{};
}

Status Daemon::open_cloud() {
  auto setup = find_aws(loaded_.config);
  if (!setup) return setup.error();
  for (const std::string& warning : setup->warnings) {
    say(LogLevel::kWarning, "aws.setting", warning);
  }
  credentials_.emplace(find_keys(loaded_.config), aws_credential_limits(loaded_.config.aws));
  loaded_.config.core.region = setup->region;
  aws_.emplace(io_, *credentials_, log_, std::move(*setup), aws_call_settings(loaded_.config.aws));
  cloud_.emplace(*aws_, cloud_events(), log_);
  return Done{};
}

Status Daemon::open_doors() {
  const ServeConfig& config = loaded_.config;
  io::TextListenerOptions options;
  options.text.limits = config.text;
  options.text.version = BROKER_VERSION;
  options.text.empty_input_is_get_worker = config.empty_input_is_get_worker;
  options.source = kTextSource;
  options.doors.max_connections = config.max_connections;
  options.client_memory_mib = config.client_memory_mib;
  options.doors.client_gone_after = config.client_gone_after;
  auto allow = io::AllowList::parse(config.allow);
  if (!allow) return allow.error();
  options.doors.allow = std::move(*allow);
  listener_.emplace(io_, std::move(options), io::now, loop_, log_);
  replies_.add(kTextSource, *listener_);
  doors_.push_back(&listener_->doors());
  return listener_->doors().listen(config.listen);
}

void Daemon::say_where_it_listens() {
  std::vector<std::string> addresses = listener_->doors().addresses();
  const bool local = std::all_of(addresses.begin(), addresses.end(), [](const std::string& a) {
    return a.starts_with("127.") || a.starts_with("[::1]");
  });
  say(LogLevel::kInfo, "broker.listening",
      str("serving on ", join(addresses, ", "),
          local ? ", this machine only; to open it set listen = [\"0.0.0.0:9000\"] and "
                  "allow = [\"NETWORK/BITS\"]"
                : ""));
}

Status Daemon::write_port_file(const std::string& path) const {
  if (path.empty()) return Done{};
  const std::string address = listener_->doors().addresses().front();
  const std::string port = address.substr(address.rfind(':') + 1);
  std::ofstream file(path);
  file << port << "\n";
  file.close();
  if (!file) return Error{str("the port could not be written to ", path)};
  return Done{};
}

}  // namespace cb::app
