#include "app/serve/cmd_serve.h"

#include <csignal>
#include <memory>
#include <string>

#include "app/client/client_options.h"
#include "app/config/config_flags.h"
#include "app/serve/daemon.h"

namespace cb::app {
namespace {

struct Serve {
  ServeFlags flags;
  std::string port_file;
};

int refuse(const Error& error) {
  complain(error.what);
  return kRefused;
}

int serve(const Serve& options) {
  auto loaded = load_config(options.flags, process_environment());
  if (!loaded) return refuse(loaded.error());
  // A reader of the log, or of anything else, that goes away is an error of that write.
  std::signal(SIGPIPE, SIG_IGN);
  Daemon daemon(std::move(*loaded), options.flags);
  if (const Status status = daemon.start(options.port_file); !status) {
    return refuse(status.error());
  }
  return daemon.run();
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand("serve", "Runs the daemon that hands out workers");
  const auto options = std::make_shared<Serve>();
  add_setting_flags(*command, options->flags);
  command->add_option("--port-file", options->port_file,
                      "Write the port of the first address here once clients can connect");
  command->add_option("FILE", options->flags.config_file, "The same as --config FILE");
  command->footer("Example:\n  compute-broker serve /etc/compute-broker.toml");
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace cb::app
