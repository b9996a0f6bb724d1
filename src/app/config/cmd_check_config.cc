#include "app/config/cmd_check_config.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "app/client/client_options.h"
#include "app/config/aws_settings.h"
#include "app/config/config_checks.h"
#include "app/config/config_flags.h"
#include "app/config/config_print.h"
#include "app/fold.h"
#include "base/text.h"
#include "io/clock/clock.h"

namespace cb::app {
namespace {

struct CheckConfig {
  ServeFlags flags;
  bool all = false;
  bool markdown = false;
};

void tell(const std::string& text) {
  std::fprintf(stderr, "%s\n", folded(text, columns_of(stderr)).c_str());
}

// Why `serve` would not start, or would launch nothing; empty: it would.
std::string what_is_missing(const LoadedConfig& loaded, const Result<io::AwsSetup>& aws) {
  std::vector<std::string> missing;
  const auto& pools = loaded.config.core.pools;
  if (std::any_of(pools.begin(), pools.end(), [&](const auto& pool) {
        return lacks_images(loaded.config.core, pool.second);
      })) {
    missing.emplace_back("nothing can be launched without an image");
  }
  if (!aws) missing.push_back(aws.error().what);
  return join(missing, "; and ");
}

// "# AWS: us-east-1, keys of AWS profile lab". A lack of keys is no fault of the file.
void say_where_aws_is(const io::AwsSetup& aws, const ServeConfig& config) {
  for (const std::string& warning : aws.warnings) tell("warning: " + warning);
  const auto keys = find_keys(config)();
  if (!keys) tell("warning: " + keys.error().what);
  print_line(str("# AWS: ", aws.region,
                 aws.ec2_endpoint.empty()
                     ? ""
                     : str(" at ", aws.ec2_endpoint, " (", aws.ec2_endpoint_place, ')'),
                 keys ? str(", keys of ", keys->source) : ", no keys"));
}

// What the windows of `warm` ask for, so that nobody is surprised by the bill.
void say_what_is_warm(const ServeConfig& config, std::size_t columns) {
  for (const auto& [pool, rules] : config.warm) {
    const auto in_a_month = hours_in_a_month(rules, io::now().wall);
    for (std::size_t i = 0; i != rules.size(); ++i) {
      const std::string what =
          rules[i].workers == 0
              ? std::string("wants none")
              : str("about ", in_a_month[i], " h a month of ",
                    config.core.pools.at(pool).instance_types.front(), " (the mean of a year)");
      print_line(
          as_comment(str("warm: pool ", pool.value, ", ", rules[i].schedule, ": ", what), columns));
    }
  }
}

int check_config(const CheckConfig& options) {
  if (options.markdown) {
    std::fputs(configuration_markdown().c_str(), stdout);
    return kOk;
  }
  const auto loaded = load_config(options.flags, process_environment());
  if (!loaded) {
    const std::string& what = loaded.error().what;
    const auto faults = 1 + std::count(what.begin(), what.end(), '\n');
    tell(str("not good: ", faults, faults == 1 ? " fault\n" : " faults\n", what));
    return kRefused;
  }
  const auto aws = find_aws(loaded->config);
  const std::string missing = what_is_missing(*loaded, aws);
  // What is not the file itself is a comment, so that all of it is a configuration file.
  const std::size_t columns = columns_of(stdout);
  print_line(as_comment(str(loaded->file.empty() ? "this configuration" : loaded->file,
                            missing.empty() ? " is good" : " is not good: ", missing),
                        columns));
  if (aws) say_where_aws_is(*aws, loaded->config);
  if (!options.all) print_line("# What it sets (--all shows every key):");
  const Lines lines = options.all ? Lines::kAll : Lines::kSet;
  std::fputs(effective_config(*loaded, lines, columns).c_str(), stdout);
  say_what_is_warm(loaded->config, columns);
  std::fflush(stdout);
  for (const std::string& warning : loaded->warnings) tell("warning: " + warning);
  return missing.empty() ? kOk : kRefused;
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
