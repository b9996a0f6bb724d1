#include "io/aws_environment.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "io/aws_metadata.h"

namespace cb::io {
namespace {

// "" for a file that is not there: nobody has to have one.
Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return std::string();
    return Error{str("cannot read ", path, " (", std::strerror(errno),
                     "): make it readable for the broker's user")};
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string path_of(const AwsEnvironment& environment, const char* variable, const char* name) {
  std::string path = environment.get(variable);
  const std::string home = environment.get("HOME");
  if (path.starts_with("~/")) return home + path.substr(1);
  if (!path.empty() || home.empty()) return path;
  return str(home, "/.aws/", name);
}

Result<wire::AwsProfiles> read_profiles(const std::string& path, wire::AwsFile kind) {
  if (path.empty()) return wire::AwsProfiles{};
  auto text = read_file(path);
  if (!text) return text.error();
  return wire::parse_aws_file(*text, kind, path);
}

bool may_be_region(const std::string& text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool may_be_endpoint(const std::string& url) {
  return url.empty() || url.starts_with("http://") || url.starts_with("https://");
}

std::string setting(const std::optional<LoadedProfile>& profile, const std::string& key) {
  if (!profile) return {};
  const auto found = profile->settings.find(key);
  return found == profile->settings.end() ? std::string() : found->second;
}

Result<std::string> find_region(const AwsEnvironment& environment, const std::string& configured,
                                const std::optional<LoadedProfile>& profile) {
  std::string region = configured;
  if (region.empty()) region = environment.first_of({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (region.empty()) region = setting(profile, "region");
  if (region.empty()) {
    auto own = InstanceMetadata(environment).get("placement/region");
    if (own) region = trim(*own);
  }
  if (region.empty()) {
    return Error{"no AWS region is known: set [aws] region in the configuration, or AWS_REGION"};
  }
  if (!may_be_region(region)) {
    return Error{str("\"", region,
                     "\" is not the name of an AWS region: set [aws] region to one "
                     "such as us-east-1")};
  }
  return region;
}

}  // namespace

AwsEnvironment AwsEnvironment::of_process() {
  AwsEnvironment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view name = line.substr(0, equals);
    if (name == "HOME" || name.starts_with("AWS_")) {
      out.variables.emplace(name, line.substr(equals + 1));
    }
  }
  return out;
}

std::string AwsEnvironment::get(const std::string& name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

std::string AwsEnvironment::first_of(std::initializer_list<const char*> names) const {
  for (const char* name : names) {
    if (std::string value = get(name); !value.empty()) return value;
  }
  return {};
}

void AwsEnvironment::use_profile(const std::string& name) {
  variables["AWS_PROFILE"] = name;
  for (const char* key : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    variables.erase(key);
  }
}

Result<std::optional<LoadedProfile>> load_profile(const AwsEnvironment& environment) {
  const std::string credentials_path =
      path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  const std::string config_path = path_of(environment, "AWS_CONFIG_FILE", "config");
  auto credentials = read_profiles(credentials_path, wire::AwsFile::kCredentials);
  if (!credentials) return credentials.error();
  auto config = read_profiles(config_path, wire::AwsFile::kConfig);
  if (!config) return config.error();
  const std::string named = environment.first_of({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"});
  LoadedProfile loaded{named.empty() ? "default" : named, {}};
  auto merged = wire::merged_profile(loaded.name, *credentials, *config);
  if (merged) {
    loaded.settings = std::move(*merged);
    return std::optional(std::move(loaded));
  }
  if (named.empty()) return std::optional<LoadedProfile>();
  return Error{str("AWS profile ", named, " is in neither ", credentials_path, " nor ", config_path,
                   ": run aws configure --profile ", named, ", or unset AWS_PROFILE")};
}

Result<AwsSetup> find_aws_setup(const AwsEnvironment& environment,
                                const AwsConfigured& configured) {
  // A profile that cannot be read is no reason not to start where it is not needed: whoever looks
  // for its keys says what is wrong with it, and goes on looking.
  auto loaded = load_profile(environment);
  const std::optional<LoadedProfile> profile = loaded ? *loaded : std::nullopt;
  auto region = find_region(environment, configured.region, profile);
  if (!region) return loaded ? region.error() : loaded.error();
  AwsSetup setup{*region, configured.endpoint, configured.endpoint,
                 environment.get("AWS_CA_BUNDLE")};
  if (configured.endpoint.empty() &&
      environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
    std::string both = environment.get("AWS_ENDPOINT_URL");
    if (both.empty()) both = setting(profile, "endpoint_url");
    const auto or_both = [&](std::string own) { return own.empty() ? both : own; };
    setup.ec2_endpoint = or_both(environment.get("AWS_ENDPOINT_URL_EC2"));
    setup.sts_endpoint = or_both(environment.get("AWS_ENDPOINT_URL_STS"));
  }
  for (const std::string& endpoint : {setup.ec2_endpoint, setup.sts_endpoint}) {
    if (!may_be_endpoint(endpoint)) {
      return Error{str("the AWS endpoint \"", endpoint,
                       "\" does not begin with http:// or "
                       "https://: mend [aws] endpoint, or AWS_ENDPOINT_URL")};
    }
  }
  return setup;
}

std::string default_endpoint(const std::string& service, const std::string& region) {
  return str("https://", service, '.', region, ".amazonaws.com",
             region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace cb::io
