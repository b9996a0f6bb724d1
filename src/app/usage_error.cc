#include "app/usage_error.h"

#include <algorithm>

#include "app/config/settings_value.h"
#include "base/text.h"

namespace cb::app {
namespace {

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string near = nearest(word, known);
  return near.empty() ? "" : str("; did you mean ", near, '?');
}

std::string without_command(const CLI::App& app, const std::vector<std::string>& args) {
  if (args.empty()) return "say what to do; compute-broker --help lists the commands";
  if (args.front().starts_with('-')) {
    return str("there is no option ", args.front(),
               " before the command; the commands and their "
               "options are in compute-broker --help");
  }
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::string near = suggestion(args.front(), names);
  return str("there is no command ", args.front(),
             near.empty() ? "; compute-broker --help lists them" : near);
}

// CLI11 keeps them in an order of its own: the first one as it was typed.
std::string first_extra(const CLI::App& command, const std::vector<std::string>& args) {
  const std::vector<std::string> extras = command.remaining();
  const auto is_extra = [&](const std::string& arg) {
    return std::find(extras.begin(), extras.end(), arg) != extras.end();
  };
  const auto option = std::find_if(args.begin(), args.end(), [&](const std::string& arg) {
    return arg.starts_with('-') && is_extra(arg);
  });
  if (option != args.end()) return *option;
  const auto any = std::find_if(args.begin(), args.end(), is_extra);
  return any == args.end() ? "" : *any;
}

std::string unexpected(const CLI::App& command, const std::string& extra) {
  const std::string name = extra.substr(0, extra.find('='));
  if (!name.starts_with('-')) return str("it takes no ", extra);
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& each : option->get_lnames()) known.push_back("--" + each);
  }
  return str("there is no option ", name, suggestion(name, known));
}

}  // namespace

std::string usage_sentence(const CLI::App& app, const std::vector<std::string>& args,
                           const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (chosen.empty()) return without_command(app, args);
  const CLI::App& command = *chosen.front();
  if (args.front().starts_with('-')) {
    return str("options come after the command: compute-broker ", command.get_name(), ' ',
               args.front(), " ...; see compute-broker ", command.get_name(), " --help");
  }
  std::string what = error.what();
  if (error.get_name() == "ExtrasError" || !command.remaining().empty()) {
    what = unexpected(command, first_extra(command, args));
  }
  return str(command.get_name(), ": ", what, what.ends_with('?') ? "" : ";", " see compute-broker ",
             command.get_name(), " --help");
}

std::vector<std::string> with_help_option(std::vector<std::string> args) {
  if (args.empty() || args.front() != "help") return args;
  std::vector<std::string> out(args.begin() + 1, args.begin() + (args.size() > 1 ? 2 : 1));
  out.emplace_back("--help");
  return out;
}

}  // namespace cb::app
