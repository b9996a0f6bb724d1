#pragma once
// `serve`, composed: the broker and its driver, and everything real around them on one thread.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config/config_load.h"
#include "app/serve/crash_points.h"
#include "app/serve/service_manager.h"
#include "app/serve/stderr_log.h"
#include "app/serve/warm_planner.h"
#include "core/broker.h"
#include "driver/driver.h"
#include "driver/reply_router.h"
#include "io/aws/aws_credentials.h"
#include "io/aws/ec2_cloud.h"
#include "io/loop/loop.h"
#include "io/probe/worker_prober.h"
#include "io/store/sqlite_store.h"
#include "io/text/text_listener.h"

namespace cb::app {

class Daemon {
 public:
  Daemon(LoadedConfig loaded, ServeFlags flags);
  ~Daemon();

  // Takes the state directory, reads the journal, listens. After an error nothing is left behind.
  // `port_file`: where to write the port of the first address, once clients can connect; empty:
  // nowhere.
  Status start(const std::string& port_file);
  // Serves until SIGTERM or SIGINT. Returns the exit code.
  int run();

 private:
  void take_signals();
  void wait_for_signal();
  void reload();
  void stop();
  void stop_when_quiet();
  void keep_watchdog_quiet();
  void say(core::LogLevel level, std::string key, std::string text);
  Status open_journal(core::Event& started);
  Status open_cloud();
  Status open_doors();
  driver::Ports ports();
  port::EventSink& cloud_events();
  void say_where_it_listens();
  Status write_port_file(const std::string& path) const;

  LoadedConfig loaded_;
  ServeFlags flags_;
  StderrLog log_;
  ServiceManager manager_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer stop_timer_{io_};
  boost::asio::steady_timer watchdog_{io_};
  boost::asio::signal_set signals_{io_};

  io::Loop<driver::Driver> loop_{io_};
  WarmPlanner warm_{io_, loop_};

  std::unique_ptr<io::SqliteStore> store_;
  std::optional<core::Broker> broker_;
  std::optional<io::AwsCredentials> credentials_;
  std::optional<io::AwsCaller> aws_;
  std::optional<io::Ec2Cloud> cloud_;
  std::optional<io::WorkerProber> prober_;
  std::optional<io::TextListener> listener_;
  std::vector<io::Acceptor*> doors_;  // by which clients come in: what `allow` says is for all
#ifdef BROKER_CRASH_POINTS
  CrashPoints crash_points_;
  CrashingSink crashing_sink_{loop_, crash_points_};
  std::optional<CrashingStore> crashing_store_;
  std::optional<CrashingCloud> crashing_cloud_;
#endif
  driver::ReplyRouter replies_;
  std::optional<driver::Driver> driver_;
  bool stopping_ = false;
  std::optional<Instant> stop_by_;
};

}  // namespace cb::app
