#pragma once
// A wrong command line, in one sentence: what is wrong, what was probably meant, where to look.

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace cb::app {

// `args` are those after the program's name; `error` is what parsing them threw.
std::string usage_sentence(const CLI::App& app, const std::vector<std::string>& args,
                           const CLI::ParseError& error);

// `help`, which people try first, as CLI11 knows it: `help get` becomes `get --help`.
std::vector<std::string> with_help_option(std::vector<std::string> args);

}  // namespace cb::app
