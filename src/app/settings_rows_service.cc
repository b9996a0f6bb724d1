// Rows about the broker as a service. Defaults are the fields' own.

#include "app/settings_field.h"
#include "app/settings_rows.h"

namespace cb::app {
namespace {

using C = ServeConfig;
using S = core::Settings;
using T = wire::TextLimits;
using enum Reload;
using enum Shown;

}  // namespace

std::vector<Setting> identity_rows() {
  return {
      {"Identity and state",
       "",
       "name",
       core_field<&S::name>(),
       {1, 64},
       kRestart,
       kInHelp,
       "who this broker is: the value of the tag compute-broker on its instances; two brokers on "
       "one "
       "AWS account need two names",
       ""},
      {"Identity and state", "", "state_dir", field<&C::state_dir>(), kAnyText, kRestart, kInHelp,
       "directory of the journal, of one broker only",
       "`$STATE_DIRECTORY` (systemd sets it), else `$XDG_STATE_HOME/compute-broker`, else "
       "`~/.local/state/compute-broker`"},
      {"Identity and state", "", "ledger_keep", field<&C::ledger_keep>(),
       length(hours{1}, hours{24 * 3650}), kRestart, kInDocs,
       "how long the journal keeps what an ended instance cost", ""},
      {"Identity and state", "", "terminate_workers_on_exit",
       field<&C::terminate_workers_on_exit>(), kBool, kYes, kInHelp,
       "whether SIGTERM ends the workers too, instead of leaving them running", ""},
      {"Identity and state", "", "stop_timeout", field<&C::stop_timeout>(),
       length(seconds{1}, minutes{10}), kYes, kInDocs,
       "how long a stop waits for answers to be written and workers to be ended", ""},
      {"Listening",
       "",
       "listen",
       field<&C::listen>(),
       {1, 16},
       kRestart,
       kInHelp,
       "addresses with ports on which clients are served; `0.0.0.0:9000` opens it to the network",
       ""},
      {"Listening",
       "",
       "allow",
       field<&C::allow>(),
       {0, 1000},
       kYes,
       kInHelp,
       "networks whose clients are served, such as `192.168.1.0/24`; this machine has to be listed "
       "too (`127.0.0.0/8`)",
       "everyone who reaches `listen`"},
      {"Listening", "", "allow_anyone", field<&C::allow_anyone>(), kBool, kYes, kInHelp,
       "start although `listen` is open to a network and `allow` is empty: whoever reaches the "
       "port "
       "can spend money",
       ""},
      {"Listening",
       "",
       "max_connections",
       field<&C::max_connections>(),
       {0, 1'000'000},
       kRestart,
       kInDocs,
       "clients connected at once; the next one gets an ERROR line",
       "the descriptor limit less 256"},
      {"Listening",
       "",
       "client_memory_mib",
       field<&C::client_memory_mib>(),
       {1, 65'536},
       kRestart,
       kInDocs,
       "MiB that the buffers of all clients together may hold; beyond, whoever does not read its "
       "answers is closed",
       ""},
      {"Logging", "", "log_level", field<&C::log_level>(), kChoice, kYes, kInHelp,
       "the least important lines that are written", ""},
      {"Logging", "", "log_format", field<&C::log_format>(), kChoice, kYes, kInHelp,
       "lines for people, or one JSON object a line", ""},
  };
}

std::vector<Setting> caller_rows() {
  return {
      {"Spending",
       "",
       "max_workers",
       core_field<&S::max_workers>(),
       {0, 10'000},
       kYes,
       kInHelp,
       "instances at once: pending, running, and launches whose outcome is unknown",
       ""},
      {"Spending",
       "",
       "launches_per_hour_max",
       core_field<&S::launches_per_hour_max>(),
       {0, 10'000},
       kYes,
       kInHelp,
       "launches in any hour, across restarts",
       ""},
      {"Spending", "", "max_lifetime", core_field<&S::max_lifetime>(),
       length(minutes{1}, hours{24 * 30}), kYes, kInHelp,
       "after it a worker powers itself off, though the broker never comes back; in whole minutes",
       ""},
      {"Spending", "", "idle_timeout", field<&C::idle_timeout>(),
       length(seconds{1}, hours{24 * 30}), kYes, kInHelp,
       "a worker that nobody asked for or pinged so long is terminated; pools may have their own",
       ""},
      {"Callers", "", "wait_default", core_field<&S::wait_default>(), length(seconds{0}, hours{24}),
       kYes, kInHelp, "patience of a caller that does not say `wait=`", ""},
      {"Callers", "", "terminate_all_patience", core_field<&S::terminate_all_patience>(),
       length(seconds{1}, minutes{10}), kYes, kInDocs,
       "TERMINATE_ALL is answered after it at the latest; the rest goes on", ""},
      {"Callers", "", "cloud_unreachable_patience", core_field<&S::cloud_unreachable_patience>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "how long EC2 may be unreachable before waiting callers are told", ""},
      {"Callers", "", "progress_interval", core_field<&S::progress_interval>(),
       length(milliseconds{100}, minutes{1}), kYes, kInDocs,
       "least time between two progress lines to one caller", ""},
  };
}

std::vector<Setting> protocol_rows() {
  return {
      {"Text protocol", "", "empty_input_is_get_worker", field<&C::empty_input_is_get_worker>(),
       kBool, kRestart, kInDocs,
       "whether a client that half-closes without a byte asks for a worker; a health check then "
       "launches one",
       ""},
      {"Text protocol",
       "",
       "line_max",
       field<&C::text, &T::line_max>(),
       {64, 65'536},
       kRestart,
       kInDocs,
       "bytes of a command line",
       ""},
      {"Text protocol", "", "silence", field<&C::text, &T::silence>(),
       length(milliseconds{10}, minutes{1}), kRestart, kInDocs,
       "ends a GET_WORKER or PING without newline", ""},
      {"Text protocol", "", "release_silence", field<&C::text, &T::release_silence>(),
       length(milliseconds{10}, minutes{1}), kRestart, kInDocs, "ends a RELEASE without newline",
       ""},
      {"Text protocol", "", "first_command", field<&C::text, &T::first_command>(),
       length(milliseconds{100}, minutes{10}), kRestart, kInDocs,
       "a client that has sent no complete command after it is closed", ""},
      {"Text protocol",
       "",
       "linger_bytes",
       field<&C::text, &T::linger_bytes>(),
       {0, 16 << 20},
       kRestart,
       kInDocs,
       "bytes discarded after the last answer before the connection is closed",
       ""},
      {"Text protocol", "", "linger", field<&C::text, &T::linger>(), length(seconds{0}, minutes{1}),
       kRestart, kInDocs, "time after the last answer before the connection is closed", ""},
      {"Text protocol",
       "",
       "input_max",
       field<&C::text, &T::input_max>(),
       {1024, 16 << 20},
       kRestart,
       kInDocs,
       "bytes of pipelined commands held for one client",
       ""},
      {"Text protocol",
       "",
       "output_max",
       field<&C::text, &T::output_max>(),
       {1024, 16 << 20},
       kRestart,
       kInDocs,
       "unsent bytes of answers beyond which a client's next command waits",
       ""},
      {"Text protocol", "", "write_stall", field<&C::text, &T::write_stall>(),
       length(seconds{1}, hours{1}), kRestart, kInDocs,
       "a client that takes no byte of its answer for so long is closed", ""},
  };
}

}  // namespace cb::app
