#include "app/client/client_conf.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "app/client/broker_client.h"
#include "base/text.h"

namespace cb::app {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::optional<std::string> broker_named_in(const std::string& file) {
  const auto unreadable = [&](const std::string& why) {
    return Failure{kUsage, str(file, " cannot be read (", why, "); mend or remove it")};
  };
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) return {};  // nor is one where we may not even look
  if (std::filesystem::is_directory(status)) throw unreadable("it is a directory");
  errno = 0;
  std::ifstream in(file);
  if (!in) throw unreadable(std::generic_category().message(errno));
  std::optional<std::string> out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const std::string_view text = trim(line);
    if (text.empty() || text.starts_with('#')) continue;
    const std::size_t equals = text.find('=');
    if (equals == text.npos || trim(text.substr(0, equals)) != "broker") {
      throw Failure{kUsage, str(file, ":", number, ": \"", text,
                                "\" is not broker = HOST:PORT, which is all that this file has")};
    }
    const std::string_view value = trim(text.substr(equals + 1));
    if (const auto address = parse_broker_address(value); !address) {
      throw Failure{kUsage, str(file, ":", number, ": ", address.error().what)};
    }
    out = value;
  }
  if (in.bad()) throw unreadable(std::generic_category().message(errno));
  return out;
}

}  // namespace

std::vector<std::string> client_conf_files() {
  std::vector<std::string> out;
  const std::string home = environment("HOME"), own = environment("XDG_CONFIG_HOME");
  if (!own.empty()) {
    out.push_back(str(own, "/compute-broker/client.conf"));
  } else if (!home.empty()) {
    out.push_back(str(home, "/.config/compute-broker/client.conf"));
  }
  out.emplace_back("/etc/compute-broker/client.conf");
  return out;
}

std::optional<std::string> broker_named_in(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (auto broker = broker_named_in(file)) return broker;
  }
  return {};
}

}  // namespace cb::app
