#pragma once
// client.conf: where the broker is, for every client on a machine, those in other languages too.
//
//   # lines of KEY = VALUE; empty ones and comments say nothing
//   broker = lab-server:9000

#include <optional>
#include <string>
#include <vector>

namespace cb::app {

// A person's own comes before the machine's: below XDG_CONFIG_HOME, or ~/.config where that is not
// set, and /etc/compute-broker/client.conf.
std::vector<std::string> client_conf_files();

// What the first of `files` that names a broker says; unset: none does. Fails with kUsage, naming
// file and line, where one cannot be read or has anything else in it.
std::optional<std::string> broker_named_in(const std::vector<std::string>& files);

}  // namespace cb::app
