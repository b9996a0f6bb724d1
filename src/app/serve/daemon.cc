#include "app/serve/daemon.h"

#include <csignal>
#include <utility>

#include "app/config/settings_table.h"
#include "app/serve/farewell.h"
#include "base/text.h"
#include "driver/recovery.h"
#include "io/aws/aws_preflight.h"
#include "io/clock/clock.h"
#include "wire/ec2_request.h"

namespace cb::app {

using core::LogLevel;

void Daemon::say(LogLevel level, std::string key, std::string text) {
  log_.write({level, std::move(key), std::move(text)});
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      reload();
    } else {
      stop();
    }
    wait_for_signal();
  });
}

void Daemon::reload() {
  manager_.reloading();
  auto fresh = load_config(flags_, process_environment());
  if (!fresh) {
    say(LogLevel::kError, "settings.refused",
        str("the configuration was not reloaded, the former one stays in force: ",
            fresh.error().what));
    manager_.ready("serving");
    return;
  }
  const ReloadPlan plan = plan_reload(loaded_.config, fresh->config);
  for (const std::string& key : plan.needs_restart) {
    say(LogLevel::kWarning, "settings.restart",
        str(key, " has changed and takes effect at the next restart"));
  }
  for (const std::string& warning : fresh->warnings) {
    say(LogLevel::kWarning, "settings.warning", warning);
  }
  loaded_ = std::move(*fresh);
  loaded_.config = plan.config;
  log_.configure(loaded_.config.log);
  const auto allow = io::AllowList::parse(loaded_.config.allow);
  for (io::Acceptor* door : doors_) door->set_allow(*allow);
  loop_.post(core::SettingsChanged{loaded_.config.core});
  warm_.plan(loaded_.config.warm);
  io::check_aws(*aws_, log_, loaded_.config.core, io::now().wall);
  manager_.ready("serving");
}

void Daemon::stop() {
  if (stopping_) return;
  stopping_ = true;
  manager_.stopping();
  const bool end_workers = loaded_.config.terminate_workers_on_exit;
  say(LogLevel::kInfo, "broker.stop",
      str("stopping: callers are told; ",
          end_workers ? std::string("workers are ended")
                      : what_goes_on(broker_->records(), loaded_.config.core.max_lifetime)));
  for (io::Acceptor* door : doors_) door->stop();
  stop_by_ = io::now().boot + loaded_.config.stop_timeout;
  loop_.post(core::StopRequested{end_workers});
  stop_timer_.expires_after(loaded_.config.stop_timeout);
  stop_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) loop_.wake();
  });
}

void Daemon::stop_when_quiet() {
  if (!stop_by_) return;
  const Now now = io::now();
  if (!broker_->quiet() && now.boot < *stop_by_) return;
  if (!broker_->quiet()) {
    say(LogLevel::kAlert, "broker.stop_late",
        "stopped before EC2 confirmed the end of every worker: the next start asks again");
  }
  const Duration left = std::max(*stop_by_ - now.boot, Duration{1000});
  stop_by_.reset();
  listener_->finish(std::min(left, Duration{2000}), [this] { io_.stop(); });
}

void Daemon::keep_watchdog_quiet() {
  const Duration interval = manager_.alive_interval();
  if (interval == Duration{0}) return;
  manager_.alive();
  watchdog_.expires_after(interval);
  watchdog_.async_wait([this](boost::system::error_code error) {
    if (!error) keep_watchdog_quiet();
  });
}

// One that comes while the daemon is coming up waits until it serves: by its default a SIGHUP would
// end it, and where its starter ignores that signal (nohup) it would be lost.
void Daemon::take_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) signals_.add(signal);
  wait_for_signal();
}

int Daemon::run() {
  keep_watchdog_quiet();
  io::check_aws(*aws_, log_, loaded_.config.core, io::now().wall);
  manager_.ready("serving");
  io_.run();
  say(LogLevel::kInfo, "broker.stopped", "stopped");
  return 0;
}

}  // namespace cb::app
