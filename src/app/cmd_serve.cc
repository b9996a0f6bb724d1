#include "app/cmd_serve.h"

#include <cstdio>
#include <memory>
#include <string>

#include "app/config_flags.h"
#include "app/daemon.h"

namespace cb::app {
namespace {

struct Serve {
  ServeFlags flags;
  std::string port_file;
};

int complain(const Error& error) {
  std::fprintf(stderr, "compute-broker: %s\n", error.what.c_str());
  return 1;
}

int serve(const Serve& options) {
  auto loaded = load_config(options.flags, process_environment());
  if (!loaded) return complain(loaded.error());
  Daemon daemon(std::move(*loaded), options.flags);
  if (const Status status = daemon.start(options.port_file); !status) {
    return complain(status.error());
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
  command->footer("Example:\n  compute-broker serve --config /etc/compute-broker.toml");
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

}  // namespace cb::app
