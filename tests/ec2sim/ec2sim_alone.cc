// `ec2sim_alone ec2sim [options]`: the subcommand as compute-broker has it, and nothing else.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/cmd_ec2sim.h"
#include "ec2sim/ec2sim.h"

int main(int argc, char** argv) {
  int exit_code = 0;
  if (cb::ec2sim::run_as_worker_if_asked(argc, argv, exit_code)) return exit_code;
  CLI::App app;
  cb::app::add_ec2sim(app, exit_code);
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
