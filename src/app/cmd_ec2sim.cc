#include "app/cmd_ec2sim.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <memory>

#include "base/text.h"
#include "ec2sim/ec2sim.h"
#include "ec2sim/settings/settings.h"

namespace cb::app {
namespace {

std::string footer() {
  std::string text = R"(
Example:
  compute-broker ec2sim --set pending=1s --set boot=2s..3s &
  export AWS_ENDPOINT_URL=http://127.0.0.1:4599 AWS_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws ec2 run-instances --image-id ami-0060337ebb6cf00ad --instance-type c7i.16xlarge
  curl http://127.0.0.1:4599/_sim/instances
  curl -d '{"faults":[{"action":"RunInstances","do":"error",
    "code":"InsufficientInstanceCapacity","next":2}]}' http://127.0.0.1:4599/_sim/settings

Settings (--set NAME=VALUE, a JSON file, or a POST to /_sim/settings while it runs):
)";
  for (const auto& [name, help] : ec2sim::settings_help()) {
    text += str("  ", name, std::string(name.size() < 18 ? 18 - name.size() : 1, ' '), help, '\n');
  }
  return text;
}

}  // namespace

void add_ec2sim(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ec2sim::Ec2SimOptions>();
  CLI::App* command = app.add_subcommand(
      "ec2sim", "EC2 on your desk: its API on loopback, with a real process behind each instance");
  command->add_option("--listen", options->listen, "ADDRESS:PORT; port 0 takes any free one")
      ->capture_default_str();
  command->add_option("--settings", options->settings_file, "JSON file with settings");
  command->add_option("--set", options->settings, "one setting, NAME=VALUE; may be repeated")
      ->take_all();
  command
      ->add_option("--access-key", options->access_keys,
                   "ID:SECRET or ID:SECRET:SESSION_TOKEN that is accepted, besides test:test")
      ->take_all();
  command->add_flag(
      "!--no-worker-processes", options->worker_processes,
      "no process behind an instance: for large numbers, and for probes that are off");
  command->add_option("--max-processes", options->processes_max, "worker processes at a time")
      ->type_name("NUMBER")
      ->check(CLI::Range(0, 5000).description(""))
      ->capture_default_str();
  command->add_option("--worker-port", options->ports.message, "the workers' message port")
      ->capture_default_str();
  command->add_option("--version-port", options->ports.version, "the workers' %version port")
      ->capture_default_str();
  command->add_option("--health-port", options->ports.health, "the workers' GET /health port")
      ->capture_default_str();
  command
      ->add_option("--net", options->net,
                   "workers live in 127.NET.0.0/16; default: the first free one from 70 on")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 254).description(""));
  command->add_option("--port-file", options->port_file, "file that gets the port once it is open");
  command->footer(footer);
  command->callback([options, &exit_code] { exit_code = ec2sim::run_ec2sim(*options); });
}

}  // namespace cb::app
