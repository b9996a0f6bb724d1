#pragma once
// What `compute-broker serve` runs with: plain values, defaults included. Names, ranges and
// documentation of every field are the table in app/config/settings_table.h;
// app/config/config_load.h fills it. No secret is ever in here: AWS credentials have their own
// places (docs/aws-setup.md).

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "app/calendar/warm_calendar.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/model/decision.h"
#include "core/model/settings.h"
#include "wire/text_session.h"

namespace cb::app {

enum class LogFormat { kText, kJson };

struct LogSettings {
  core::LogLevel level = core::LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  std::size_t buffer_kib = 256;           // what may wait for a slow reader of the log
  Duration repeat_interval = minutes{1};  // lines of one kind: one in it, and a count
  std::size_t key_lines_max = 1000;       // of one key in it
  bool operator==(const LogSettings&) const = default;
};

// A client-side token bucket, kept below the account's own: so many calls at once, then so many a
// second.
struct CallBudget {
  std::size_t per_second = 1;
  std::size_t burst = 1;
  bool operator==(const CallBudget&) const = default;
};

// How EC2 is spoken to. `region` and `adopt_untagged` of [aws] are in core::Settings.
struct AwsConfig {
  std::string endpoint;  // empty: AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, or the region's own
  std::string profile;   // empty: AWS_PROFILE, or "default"
  Duration connect_timeout = seconds{3};
  Duration call_timeout = seconds{15};         // of every call but RunInstances
  Duration launch_call_timeout = seconds{30};  // of RunInstances
  Duration retry_delay_min = milliseconds{200};
  Duration retry_delay_max = seconds{20};
  Duration keys_command_timeout = seconds{30};  // of credential_process and the AWS CLI
  Duration keys_renew_before = minutes{5};      // before they expire
  Duration keys_retry_interval = seconds{10};   // after a failure to get them
  // https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html has the account's.
  CallBudget reads{10, 50};
  CallBudget launches{1, 4};
  CallBudget terminations{3, 50};
  bool operator==(const AwsConfig&) const = default;
};

struct ServeConfig {
  core::Settings core;
  Duration idle_timeout = minutes{15};             // of pools that do not say otherwise
  std::map<PoolName, std::string> user_data_file;  // its content is in PoolSettings::user_data
  std::map<PoolName, WarmRules> warm;              // the core is told their windows

  std::vector<std::string> listen{"127.0.0.1:9000"};
  std::vector<std::string> allow;  // networks; empty: whoever reaches `listen`
  bool allow_anyone = false;
  std::size_t max_connections = 0;  // 0: the descriptor limit less 256
  std::size_t client_memory_mib = 64;
  Duration client_gone_after = seconds{90};
  bool empty_input_is_get_worker = false;
  wire::TextLimits text;

  std::string state_dir;  // load_config() never leaves it empty
  Duration ledger_keep = hours{24 * 365};
  bool terminate_workers_on_exit = false;
  Duration stop_timeout = seconds{30};

  LogSettings log;

  AwsConfig aws;
};

}  // namespace cb::app
