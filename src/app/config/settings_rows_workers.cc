// Rows about the lives of workers. Defaults are the fields' own.

#include "app/config/settings_field.h"
#include "app/config/settings_rows.h"

namespace cb::app {
namespace {

using S = core::Settings;
using enum Reload;
using enum Shown;

}  // namespace

std::vector<Setting> launch_rows() {
  return {
      {"Launching",
       "",
       "boot_failures_max",
       core_field<&S::boot_failures_max>(),
       {1, 1000},
       kYes,
       kInDocs,
       "launches in a row that never became ready before launching stops",
       ""},
      {"Launching", "", "retry_after", core_field<&S::retry_after>(), length(seconds{1}, hours{24}),
       kYes, kInDocs, "how long it stops; then one launch is tried", ""},
      {"Launching", "", "capacity_memory", core_field<&S::capacity_memory>(),
       length(seconds{0}, hours{24}), kYes, kInDocs,
       "how long a type without capacity is left out; each hit starts it again", ""},
      {"Launching", "", "quota_memory", core_field<&S::quota_memory>(),
       length(seconds{0}, hours{24}), kYes, kInDocs,
       "how long a market is left out whose quota is used up", ""},
      {"Launching", "", "denied_memory", core_field<&S::denied_memory>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "how long a refusal (rights, names) is believed before it is tried again", ""},
      {"Launching", "", "token_reuse_limit", core_field<&S::token_reuse_limit>(),
       length(seconds{0}, hours{24}), kYes, kInDocs,
       "so long after its last call a launch of unknown outcome may be asked for again with its "
       "own token",
       ""},
      {"Launching", "", "unknown_outcome_grace", core_field<&S::unknown_outcome_grace>(),
       length(seconds{1}, hours{24}), kYes, kInDocs,
       "how long the instance of such a launch is looked for before the launch is closed", ""},
      {"Launching", "", "retry_delay_min", core_field<&S::retry_delay_min>(),
       length(milliseconds{1}, minutes{10}), kYes, kInDocs,
       "first pause between two tries to launch, doubled each time", ""},
      {"Launching", "", "retry_delay_max", core_field<&S::retry_delay_max>(),
       length(milliseconds{1}, hours{1}), kYes, kInDocs,
       "longest pause between two tries to launch; so late is the recovery of EC2 noticed", ""},
      {"Launching",
       "",
       "launch_burst",
       core_field<&S::launch_burst>(),
       {1, 1000},
       kYes,
       kInDocs,
       "launch calls at once; EC2 takes 5 of an account that nobody else launches with",
       ""},
      {"Launching", "", "launch_interval", core_field<&S::launch_interval>(),
       length(milliseconds{1}, minutes{1}), kYes, kInDocs,
       "between two launch calls when there were as many; EC2 takes two a second", ""},
      {"Launching", "", "next_try_wait", core_field<&S::next_try_wait>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "a caller who meets a refusal from before it asked waits for the next try, if it comes so "
       "soon and within its patience; else it is told at once",
       ""},
      {"Launching", "", "address_grace", core_field<&S::address_grace>(),
       length(seconds{1}, hours{1}), kYes, kInDocs,
       "an instance that runs so long without the pool's kind of address is a configuration fault",
       ""},
  };
}

std::vector<Setting> watch_rows() {
  return {
      {"Watching workers", "", "probe_interval", core_field<&S::probe_interval>(),
       length(milliseconds{20}, minutes{1}), kYes, kInDocs,
       "between two tries to reach a worker that boots", ""},
      {"Watching workers", "", "probe_connect_limit", core_field<&S::probe_connect_limit>(),
       length(milliseconds{10}, minutes{1}), kYes, kInDocs, "for the connection of such a try", ""},
      {"Watching workers", "", "ready_gap", core_field<&S::ready_gap>(),
       length(milliseconds{0}, minutes{1}), kYes, kInDocs,
       "between the first right answer of a worker and the question that proves it ready: dserv "
       "answers for a moment before it boots",
       ""},
      {"Watching workers", "", "probe_answer_limit", core_field<&S::probe_answer_limit>(),
       length(milliseconds{10}, minutes{5}), kYes, kInDocs,
       "a worker that answers a question later than this boots, or computes", ""},
      {"Watching workers",
       "",
       "boot_probes_max",
       core_field<&S::boot_probes_max>(),
       {1, 8},
       kYes,
       kInDocs,
       "connections tried at once to a worker that boots, where `ready = \"tcp\"`; dserv is asked "
       "on one",
       ""},
      {"Watching workers", "", "alive_interval", core_field<&S::alive_interval>(),
       length(milliseconds{100}, hours{1}), kYes, kInDocs, "between two probes of a worker in use",
       ""},
      {"Watching workers", "", "alive_connect_limit", core_field<&S::alive_connect_limit>(),
       length(milliseconds{10}, minutes{1}), kYes, kInDocs, "for a connection of such a probe", ""},
      {"Watching workers",
       "",
       "alive_failures_max",
       core_field<&S::alive_failures_max>(),
       {1, 100},
       kYes,
       kInDocs,
       "failed probes in a row after which a worker is no longer handed out",
       ""},
      {"Watching workers", "", "quiet_interval", core_field<&S::quiet_interval>(),
       length(seconds{1}, hours{1}), kYes, kInDocs,
       "between two questions whether a worker computes, from half of its idle_timeout on", ""},
      {"Watching workers", "", "question_keep_alive", core_field<&S::question_keep_alive>(),
       length(seconds{1}, hours{1}), kYes, kInDocs,
       "between two signs of life (TCP keep-alive) of a worker whose answer is awaited", ""},
      {"Watching workers",
       "",
       "question_keep_alive_max",
       core_field<&S::question_keep_alive_max>(),
       {1, 20},
       kYes,
       kInDocs,
       "signs of life that fail before the question is asked anew on another connection",
       ""},
      {"Watching workers", "", "unreachable_timeout", core_field<&S::unreachable_timeout>(),
       length(seconds{1}, hours{24}), kYes, kInDocs,
       "a worker that cannot be reached for so long is terminated, unless a PING holds it", ""},
      {"Watching workers", "", "listing_fast", core_field<&S::listing_fast>(),
       length(milliseconds{100}, minutes{10}), kYes, kInDocs,
       "between two listings of EC2 while something is pending", ""},
      {"Watching workers", "", "listing_slow", core_field<&S::listing_slow>(),
       length(milliseconds{100}, hours{1}), kYes, kInDocs, "between two listings otherwise", ""},
      {"Watching workers", "", "identify_interval", core_field<&S::identify_interval>(),
       length(seconds{1}, hours{1}), kYes, kInDocs,
       "between two questions whose account the credentials are, while it is wrong or not known",
       ""},
      {"Watching workers", "", "terminate_repeat", core_field<&S::terminate_repeat>(),
       length(seconds{1}, hours{1}), kYes, kInDocs,
       "a termination that no listing confirms is asked for again after it", ""},
      {"Watching workers", "", "missing_grace", core_field<&S::missing_grace>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "between the two listings without a worker after which it counts as gone", ""},
      {"Watching workers", "", "not_visible_grace", core_field<&S::not_visible_grace>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "age below which an instance's absence from a listing means nothing", ""},
      {"Watching workers", "", "sweep_grace", core_field<&S::sweep_grace>(),
       length(seconds{0}, hours{24}), kYes, kInDocs,
       "age below which an instance of ours that the journal does not know is spared", ""},
      {"Watching workers", "", "adoption_patience", core_field<&S::adoption_patience>(),
       length(seconds{0}, minutes{10}), kYes, kInDocs,
       "how long callers wait for a found instance to answer before one is launched", ""},
  };
}

std::vector<Setting> restart_rows() {
  return {
      {"Restart", "", "idle_save_interval", core_field<&S::idle_save_interval>(),
       length(milliseconds{100}, minutes{10}), kYes, kInDocs,
       "how far the journal may be behind a worker's last use; recovery adds it", ""},
      {"Restart", "", "takeover_after", core_field<&S::takeover_after>(),
       length(seconds{1}, hours{24}), kYes, kInHelp,
       "what another broker of this `name` launched is taken over when it has not renewed its "
       "claim "
       "for so long; ours is renewed every fifth of it",
       ""},
      {"Restart", "", "restart_grace", core_field<&S::restart_grace>(),
       length(seconds{0}, hours{1}), kYes, kInDocs,
       "after a start, and after standing still, no worker is ended as idle for so long", ""},
      {"Restart", "", "pause_limit", core_field<&S::pause_limit>(), length(seconds{1}, minutes{10}),
       kYes, kInDocs,
       "a broker that is so late has stood still (a paused machine, a slow disk), and hears the "
       "world for `restart_grace` before it ends a worker",
       ""},
      {"Restart", "", "restart_elapsed_max", core_field<&S::restart_elapsed_max>(),
       length(seconds{0}, hours{24 * 30}), kRestart, kInDocs,
       "most idle time that a reboot of the broker's machine can add", ""},
      {"Restart", "", "save_retry_interval", core_field<&S::save_retry_interval>(),
       length(milliseconds{100}, minutes{10}), kYes, kInDocs,
       "between two tries while the journal cannot be written", ""},
  };
}

}  // namespace cb::app
