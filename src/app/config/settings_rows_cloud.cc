// Rows of [aws] and [pool.NAME]. Defaults are the fields' own.

#include "app/config/settings_field.h"
#include "app/config/settings_rows.h"

namespace cb::app {
namespace {

using C = ServeConfig;
using S = core::Settings;
using P = core::PoolSettings;
using A = AwsConfig;
using enum Reload;
using enum Shown;

Field warm() {
  return {Type::kWarmRules,
          {},
          [](const ServeConfig& config, const PoolName& pool) -> Value {
            const auto found = config.warm.find(pool);
            return found == config.warm.end() ? WarmRules{} : found->second;
          },
          [](ServeConfig& config, const PoolName& pool, const Value& value) {
            config.warm[pool] = std::get<WarmRules>(value);
          }};
}

Field user_data_file() {
  return {Type::kText,
          {},
          [](const ServeConfig& config, const PoolName& pool) -> Value {
            const auto found = config.user_data_file.find(pool);
            return found == config.user_data_file.end() ? std::string() : found->second;
          },
          [](ServeConfig& config, const PoolName& pool, const Value& value) {
            config.user_data_file[pool] = std::get<std::string>(value);
          }};
}

}  // namespace

std::vector<Setting> aws_rows() {
  return {
      {"AWS", "aws", "region", core_field<&S::region>(), kAnyText, kRestart, kInHelp,
       "where workers are launched, by pools that name no `regions`",
       "`AWS_REGION`, `AWS_DEFAULT_REGION`, or the profile's"},
      {"AWS", "aws", "adopt_untagged", core_field<&S::adopt_untagged>(), kBool, kYes, kInHelp,
       "take over instances that have only the tag `Name=dserv-worker`, as the guide's script made "
       "them",
       ""},
      {"AWS", "aws", "profile", field<&C::aws, &A::profile>(), kAnyText, kRestart, kInHelp,
       "profile of `~/.aws/config` and `~/.aws/credentials`", "`AWS_PROFILE`, or `default`"},
      {"AWS", "aws", "endpoint", field<&C::aws, &A::endpoint>(), kAnyText, kRestart, kInHelp,
       "URL to speak to instead of EC2, such as `http://127.0.0.1:4599`",
       "`AWS_ENDPOINT_URL_EC2`, `AWS_ENDPOINT_URL`, or the region's own"},
      {"AWS", "aws", "connect_timeout", field<&C::aws, &A::connect_timeout>(),
       length(milliseconds{100}, minutes{5}), kRestart, kInDocs, "for a connection, TLS included",
       ""},
      {"AWS", "aws", "call_timeout", field<&C::aws, &A::call_timeout>(),
       length(milliseconds{100}, minutes{10}), kRestart, kInDocs,
       "for the answer to a call other than RunInstances", ""},
      {"AWS", "aws", "launch_call_timeout", field<&C::aws, &A::launch_call_timeout>(),
       length(milliseconds{100}, minutes{10}), kRestart, kInDocs,
       "for the answer to RunInstances; then its outcome is unknown", ""},
      {"AWS", "aws", "retry_delay_min", field<&C::aws, &A::retry_delay_min>(),
       length(milliseconds{1}, minutes{1}), kRestart, kInDocs,
       "bound of the first random pause after a throttled or failed call, doubled each time", ""},
      {"AWS", "aws", "retry_delay_max", field<&C::aws, &A::retry_delay_max>(),
       length(milliseconds{1}, minutes{10}), kRestart, kInDocs, "bound of the longest such pause",
       ""},
      {"AWS", "aws", "keys_command_timeout", field<&C::aws, &A::keys_command_timeout>(),
       length(seconds{1}, minutes{10}), kRestart, kInDocs,
       "for `credential_process`, or the AWS CLI that is asked for keys", ""},
      {"AWS", "aws", "keys_renew_before", field<&C::aws, &A::keys_renew_before>(),
       length(seconds{1}, hours{1}), kRestart, kInDocs,
       "how long before they expire keys are renewed", ""},
      {"AWS", "aws", "keys_retry_interval", field<&C::aws, &A::keys_retry_interval>(),
       length(seconds{1}, hours{1}), kRestart, kInDocs,
       "between two tries to get keys, after one that failed", ""},
      {"AWS",
       "aws",
       "reads_per_second",
       field<&C::aws, &A::reads, &CallBudget::per_second>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "Describe calls; the account's own limit is 20",
       ""},
      {"AWS",
       "aws",
       "reads_burst",
       field<&C::aws, &A::reads, &CallBudget::burst>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "Describe calls at once; the account's own limit is 100",
       ""},
      {"AWS",
       "aws",
       "launches_per_second",
       field<&C::aws, &A::launches, &CallBudget::per_second>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "RunInstances calls; the account's own limit is 2",
       ""},
      {"AWS",
       "aws",
       "launches_burst",
       field<&C::aws, &A::launches, &CallBudget::burst>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "RunInstances calls at once; the account's own limit is 5",
       ""},
      {"AWS",
       "aws",
       "terminations_per_second",
       field<&C::aws, &A::terminations, &CallBudget::per_second>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "TerminateInstances calls; the account's own limit is 5",
       ""},
      {"AWS",
       "aws",
       "terminations_burst",
       field<&C::aws, &A::terminations, &CallBudget::burst>(),
       {1, 1000},
       kRestart,
       kInDocs,
       "TerminateInstances calls at once; the account's own limit is 100",
       ""},
  };
}

std::vector<Setting> pool_rows() {
  return {
      {"Pools", "pool", "image", pool_field<&P::image>(), kAnyText, kYes, kInHelp,
       "AMI on which dserv starts at boot", "nothing can be launched"},
      {"Pools",
       "pool",
       "regions",
       pool_field<&P::regions>(),
       {0, 16},
       kYes,
       kInHelp,
       "regions to launch in, in order: the next is tried when the one before has no capacity, on "
       "spot and on demand, or cannot be asked; see "
       "[operating.md](operating.md#in-more-than-one-region)",
       "`region` of `[aws]`"},
      {"Pools",
       "pool",
       "images",
       pool_field<&P::images>(),
       {0, 16},
       kYes,
       kInDocs,
       "the image of each region that has another than `image`, as in `{ eu-west-1 = \"ami-...\" "
       "}`",
       "`image` everywhere"},
      {"Pools",
       "pool",
       "instance_types",
       pool_field<&P::instance_types>(),
       {1, 60},
       kYes,
       kInHelp,
       "types to try, in order",
       ""},
      {"Pools",
       "pool",
       "cores",
       pool_field<&P::cores>(),
       {0, 10'000},
       kYes,
       kInHelp,
       "vCPUs that each of its machines has at least, for who asks with `cores=`",
       "the fewest of its types, by their names (16xlarge: 64)"},
      {"Pools", "pool", "market", pool_field<&P::market>(), kChoice, kYes, kInHelp,
       "each type on spot, the first type on demand, or both in this order", ""},
      {"Pools", "pool", "sharing", pool_field<&P::sharing>(), kChoice, kYes, kInDocs,
       "`shared`: all its clients have one worker; `exclusive`: each lease has one of its own; "
       "`packed`: each lease has the cores of its own that it asked for, or a whole worker",
       ""},
      {"Pools",
       "pool",
       "max_clients_per_worker",
       pool_field<&P::max_clients_per_worker>(),
       {0, 1'000'000},
       kYes,
       kInDocs,
       "leases on one shared worker before another is launched; 0: any number",
       ""},
      {"Pools",
       "pool",
       "max_workers",
       pool_field<&P::max_workers>(),
       {0, 1000},
       kYes,
       kInDocs,
       "of this pool, within the max_workers above all tables; 0: no limit of its own",
       ""},
      {"Pools",
       "pool",
       "key_name",
       pool_field<&P::key_name>(),
       {0, 255},
       kYes,
       kInHelp,
       "EC2 key pair for ssh",
       "none"},
      {"Pools",
       "pool",
       "security_groups",
       pool_field<&P::security_groups>(),
       {0, 16},
       kYes,
       kInHelp,
       "ids (`sg-...`) or names; ids only where `subnets` are set",
       "the VPC's default group"},
      {"Pools",
       "pool",
       "region_security_groups",
       pool_field<&P::region_security_groups>(),
       {0, 16},
       kYes,
       kInDocs,
       "those of each region that has others than `security_groups`, as in `{ eu-west-1 = "
       "[\"sg-...\"] }`",
       "`security_groups` everywhere"},
      {"Pools",
       "pool",
       "subnets",
       pool_field<&P::subnets>(),
       {0, 16},
       kYes,
       kInDocs,
       "subnets to launch in, one of each zone: a type is tried in each of them before the next "
       "type; where there is one, `subnet = \"subnet-...\"` says it too",
       "the default subnet of a zone that EC2 chooses",
       "subnet"},
      {"Pools",
       "pool",
       "region_subnets",
       pool_field<&P::region_subnets>(),
       {0, 16},
       kYes,
       kInDocs,
       "those of each region that has others than `subnets`, as in `{ eu-west-1 = [\"subnet-...\"] "
       "}`",
       "`subnets` everywhere"},
      {"Pools", "pool", "instance_profile", pool_field<&P::instance_profile>(), kAnyText, kYes,
       kInDocs, "name or ARN of the instance profile", "none"},
      {"Pools", "pool", "user_data_file", user_data_file(), kAnyText, kYes, kInDocs,
       "file with your own user data, run beside the broker's; relative to the configuration file",
       "none"},
      {"Pools", "pool", "address", pool_field<&P::address>(), kChoice, kYes, kInDocs,
       "which of an instance's addresses is probed and handed out", ""},
      {"Pools",
       "pool",
       "worker_port",
       pool_field<&P::worker_port>(),
       {1, 65'535},
       kYes,
       kInHelp,
       "port on which a worker serves",
       ""},
      {"Pools", "pool", "ready", pool_field<&P::ready>(), kChoice, kYes, kInHelp,
       "when a worker is handed out: dserv computes, its port accepts, or EC2 says running "
       "(`none`: "
       "the broker then never connects to workers)",
       ""},
      {"Pools", "pool", "launch_timeout", pool_field<&P::launch_timeout>(),
       length(seconds{1}, hours{24}), kYes, kInHelp,
       "from the launch to ready; then the instance is terminated and the next type is tried", ""},
      {"Pools", "pool", "idle_timeout", pool_field<&P::idle_timeout>(),
       length(seconds{1}, hours{24 * 30}), kYes, kInDocs, "the pool's own idle_timeout",
       "the `idle_timeout` above all tables"},
      {"Pools",
       "pool",
       "warm",
       warm(),
       {0, 100},
       kYes,
       kInDocs,
       "workers that are kept ready in windows of the calendar, in use or not, as in `[{ schedule "
       "= "
       "\"Mon-Fri 08:00-18:00 America/New_York\", workers = 1 }]`; the last window that holds "
       "counts, also with 0 workers; see [operating.md](operating.md#warm-workers)",
       "none"},
      {"Pools", "pool", "warm_lead", pool_field<&P::warm_lead>(), length(seconds{0}, hours{1}),
       kYes, kInDocs, "so long before a window of `warm` begins its workers are launched", ""},
  };
}

}  // namespace cb::app
