#include "app/config/aws_settings.h"

#include "app/config/config_words.h"

namespace cb::app {
namespace {

io::BucketFigures figures(const CallBudget& budget) {
  return {.per_second = static_cast<double>(budget.per_second),
          .burst = static_cast<double>(budget.burst)};
}

io::AwsConfigured configured(const ServeConfig& config) {
  return {.region = config.core.region, .endpoint = config.aws.endpoint};
}

}  // namespace

Result<io::AwsSetup> find_aws(const ServeConfig& config) {
  auto setup = io::find_aws_setup(aws_environment(config.aws), configured(config));
  // Where there is another endpoint regions are called as it likes.
  if (!setup || !setup->ec2_endpoint.empty()) return setup;
  if (std::string wrong = wrong_region(setup->region); !wrong.empty()) return Error{wrong};
  return setup;
}

std::function<Result<io::AwsCredentialSet>()> find_keys(const ServeConfig& config) {
  io::AwsEnvironment environment = aws_environment(config.aws);
  environment.use_configured(configured(config));
  const io::CommandLimits limits{.total = config.aws.keys_command_timeout};
  return [environment, limits] { return io::find_credentials(environment, limits); };
}

io::AwsEnvironment aws_environment(const AwsConfig& config) {
  io::AwsEnvironment environment = io::AwsEnvironment::of_process();
  if (!config.profile.empty()) environment.use_profile(config.profile);
  return environment;
}

io::AwsCredentialLimits aws_credential_limits(const AwsConfig& config) {
  io::AwsCredentialLimits limits;
  limits.renew_before = config.keys_renew_before;
  limits.retry_interval = config.keys_retry_interval;
  return limits;
}

io::AwsCallSettings aws_call_settings(const AwsConfig& config) {
  io::AwsCallSettings settings;
  settings.connect_limit = config.connect_timeout;
  settings.answer_limit = config.call_timeout;
  settings.launch_answer_limit = config.launch_call_timeout;
  settings.repeat_delay_min = config.retry_delay_min;
  settings.repeat_delay_max = config.retry_delay_max;
  settings.reads = figures(config.reads);
  settings.launches = figures(config.launches);
  settings.terminations = figures(config.terminations);
  return settings;
}

}  // namespace cb::app
