#include "app/config/cmd_check_config.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "app/client/client_options.h"
#include "app/config/config_flags.h"
#include "app/config/config_print.h"
#include "base/text.h"

namespace cb::app {
namespace {

struct CheckConfig {
  ServeFlags flags;
  bool all = false;
  bool markdown = false;
};

int check_config(const CheckConfig& options) {
  if (options.markdown) {
    std::fputs(configuration_markdown().c_str(), stdout);
    return kOk;
  }
  const auto loaded = load_config(options.flags, process_environment());
  if (!loaded) {
    const std::string& what = loaded.error().what;
    const auto faults = 1 + std::count(what.begin(), what.end(), '\n');
    std::fprintf(stderr, "not good: %d fault%s\n%s\n", static_cast<int>(faults),
                 faults == 1 ? "" : "s", what.c_str());
    return kRefused;
  }
  const auto& pools = loaded->config.core.pools;
  const bool launches = std::all_of(pools.begin(), pools.end(),
                                    [](const auto& pool) { return !pool.second.image.empty(); });
  // The verdict is a comment, so that all of it is a configuration file.
  print_line(str("# ", loaded->file.empty() ? "this configuration" : loaded->file,
                 launches ? " is good" : " is not good: nothing can be launched without an image",
                 options.all ? "" : "\n# What it sets (--all shows every key):"));
  std::fputs(effective_config(*loaded, options.all ? Lines::kAll : Lines::kSet).c_str(), stdout);
  std::fflush(stdout);
  for (const std::string& warning : loaded->warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  return launches ? kOk : kRefused;
}

}  // namespace

void add_check_config(CLI::App& app, int& exit_code) {
  CLI::App* const command = app.add_subcommand(
      "check-config",
      "Says whether a configuration is good, what is wrong with it, and what it changes");
  const auto options = std::make_shared<CheckConfig>();
  add_setting_flags(*command, options->flags);
  command->add_option("FILE", options->flags.config_file, "The configuration file");
  command->add_flag("--all", options->all, "Show the defaults too");
  command->add_flag("--markdown", options->markdown, "Write docs/configuration.md")->group("");
  command->footer("Example:\n  compute-broker check-config /etc/compute-broker.toml");
  command->callback([options, &exit_code] { exit_code = check_config(*options); });
}

}  // namespace cb::app
