#include "io/aws/aws_environment.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace cb::io {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "$NAME" and "${NAME}", left as they are where there is no such variable.
std::string with_variables(std::string_view path, const AwsEnvironment& environment) {
  std::string out;
  while (!path.empty()) {
    const auto dollar = path.find('$');
    out += path.substr(0, dollar);
    if (dollar == path.npos) break;
    path.remove_prefix(dollar + 1);
    const bool braces = path.starts_with('{') && path.find('}') != path.npos;
    std::size_t end = braces ? path.find('}') : 0;
    while (!braces && end < path.size() && is_name(path[end])) ++end;
    const std::string name(braces ? path.substr(1, end - 1) : path.substr(0, end));
    if (braces) ++end;
    const auto found = environment.variables.find(name);
    out += found == environment.variables.end() ? str('$', path.substr(0, end)) : found->second;
    path.remove_prefix(end);
  }
  return out;
}

std::string expanded(const std::string& path, const AwsEnvironment& environment) {
  std::string out = with_variables(path, environment);
  if (out == "~" || out.starts_with("~/")) out.replace(0, 1, environment.get("HOME"));
  return out;
}

std::string path_of(const AwsEnvironment& environment, const char* variable, const char* name) {
  const std::string path = environment.get(variable);
  if (!path.empty()) return path;
  return environment.get("HOME").empty() ? std::string() : str("~/.aws/", name);
}

Result<wire::AwsSections> read_sections(const std::string& path,
                                        const AwsEnvironment& environment) {
  if (path.empty()) return wire::AwsSections{};
  auto text = read_aws_file(path, environment);
  if (!text) return text.error();
  return wire::parse_aws_file(*text, expanded(path, environment));
}

}  // namespace

AwsEnvironment AwsEnvironment::of_process() {
  AwsEnvironment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    out.variables.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

std::string AwsEnvironment::get(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : std::string(trim(found->second));
}

std::string AwsEnvironment::first_of(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    if (std::string value = get(name); !value.empty()) return value;
  }
  return {};
}

void AwsEnvironment::use_profile(const std::string& name) {
  for (const char* key :
       {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME", "AWS_DEFAULT_PROFILE"}) {
    variables.erase(key);
  }
  variables["AWS_PROFILE"] = name;
}

void AwsEnvironment::use_configured(const AwsConfigured& configured) {
  if (!configured.region.empty()) {
    variables["AWS_REGION"] = variables["AWS_DEFAULT_REGION"] = configured.region;
  }
  if (!configured.endpoint.empty()) {
    variables["AWS_ENDPOINT_URL_STS"] = configured.endpoint;
    variables.erase("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  }
}

Result<std::optional<wire::AwsProfile>> load_profile(const AwsEnvironment& environment) {
  const std::string credentials_path =
      path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const std::string config_path = path_of(environment, "AWS_CONFIG_FILE", "config");
  auto credentials = read_sections(credentials_path, environment);
  if (!credentials) return credentials.error();
  auto config = read_sections(config_path, environment);
  if (!config) return config.error();
  const std::string named = environment.first_of({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  auto profile = wire::find_profile(named.empty() ? "default" : named, *credentials, *config);
  if (!profile || *profile || named.empty()) return profile;
  return Error{str("AWS profile ", named, " is in neither ",
                   expanded(credentials_path, environment), " nor ",
                   expanded(config_path, environment), ": run aws configure --profile ", named,
                   ", or unset AWS_PROFILE")};
}

std::string AwsSources::get(const std::string& variable, const std::string& key) const {
  std::string value = environment.get(variable);
  return value.empty() && profile ? profile->get(key) : value;
}

bool AwsSources::is_true(const std::string& variable, const std::string& key) const {
  std::string value = get(variable, key);
  for (char& c : value) c = static_cast<char>(c | 0x20);
  return value == "true";
}

Result<AwsSources> load_aws_sources(const AwsEnvironment& environment) {
  auto profile = load_profile(environment);
  if (!profile) return profile.error();
  return AwsSources{environment, std::move(*profile)};
}

Result<std::string> read_aws_file(const std::string& path, const AwsEnvironment& environment) {
  const std::string full = expanded(path, environment);
  std::ifstream file(full, std::ios::binary);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return Error{str("cannot read ", full, " (", std::strerror(errno),
                     "): make it readable for the broker's user")};
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace cb::io
