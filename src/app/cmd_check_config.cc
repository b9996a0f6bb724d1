#include "app/cmd_check_config.h"

#include <cstdio>
#include <memory>

#include "app/client_options.h"
#include "app/config_flags.h"
#include "app/config_print.h"

namespace cb::app {
namespace {

struct CheckConfig {
  ServeFlags flags;
  bool markdown = false;
};

int check_config(const CheckConfig& options) {
  if (options.markdown) {
    std::fputs(configuration_markdown().c_str(), stdout);
    return kOk;
  }
  const auto loaded = load_config(options.flags, process_environment());
  if (!loaded) {
    std::fprintf(stderr, "%s\n", loaded.error().what.c_str());
    return kRefused;
  }
  std::fputs(effective_config(*loaded).c_str(), stdout);
  for (const std::string& warning : loaded->warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  return kOk;
}

}  // namespace

void add_check_config(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "check-config", "Says what is wrong with a configuration, or what is in effect and why");
  const auto options = std::make_shared<CheckConfig>();
  add_setting_flags(*command, options->flags);
  command->add_option("FILE", options->flags.config_file, "The configuration file");
  command->add_flag("--markdown", options->markdown, "Write docs/configuration.md")->group("");
  command->footer("Example:\n  compute-broker check-config /etc/compute-broker.toml");
  command->callback([options, &exit_code] { exit_code = check_config(*options); });
}

}  // namespace cb::app
