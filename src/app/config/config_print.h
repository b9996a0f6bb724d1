#pragma once
// The configuration as text for people: what is in effect and why, and the reference of all keys.

#include <string>

#include "app/config/config_load.h"

namespace cb::app {

// A TOML file that says what is in effect, all of it or what somebody has set; behind each value
// stands where it came from, or below it where `columns` (0: any number) do not suffice.
enum class Lines { kAll, kSet };
std::string effective_config(const LoadedConfig& loaded, Lines which, std::size_t columns = 0);
// The lines of a comment.
std::string as_comment(const std::string& text, std::size_t columns);

// docs/configuration.md, generated from the table.
std::string configuration_markdown();

}  // namespace cb::app
