#include "wire/aws_profile.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace cb::wire {
namespace {

std::string value_of(const AwsSettings& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

// The section of `kind` that is called `name`; where a file has it twice, quoted differently, the
// last one, as everywhere in AWS's tools.
const AwsSection* named(const AwsSections& sections, std::string_view kind,
                        const std::string& name) {
  const AwsSection* found = nullptr;
  for (const auto& [header, section] : sections) {
    if (section_name(header, kind) == name) found = &section;
  }
  return found;
}

AwsSettings block_of(const AwsSection& section, const std::string& key) {
  const auto found = section.blocks.find(key);
  return found == section.blocks.end() ? AwsSettings() : found->second;
}

Result<std::optional<AwsKeys>> keys_of(const AwsProfile& profile, const AwsSettings& settings) {
  AwsKeys keys{
      value_of(settings, "aws_access_key_id"), value_of(settings, "aws_secret_access_key"), {}};
  // The former name goes first, even where it is empty.
  keys.session_token =
      value_of(settings, settings.contains("aws_security_token") ? "aws_security_token"
                                                                 : "aws_session_token");
  const std::string of = str(" of AWS profile ", profile.name);
  const KeyNames names{"aws_access_key_id" + of, "aws_secret_access_key" + of,
                       "aws_session_token" + of};
  if (Status clean = clean_keys(keys, names); !clean) return clean.error();
  if (keys.id.empty() && keys.secret.empty()) return std::optional<AwsKeys>();
  if (keys.id.empty() || keys.secret.empty()) {
    return Error{str("AWS profile ", profile.name,
                     " has only one of aws_access_key_id and aws_secret_access_key: set both "
                     "(aws configure --profile ",
                     profile.name, ")")};
  }
  return std::optional(std::move(keys));
}

// The setting for which the AWS CLI is asked, before any keys of the profile are looked at.
std::string delegated(const AwsProfile& profile) {
  for (const char* key :
       {"web_identity_token_file", "role_arn", "sso_account_id", "sso_role_name"}) {
    if (!profile.get(key).empty()) return key;
  }
  return {};
}

}  // namespace

std::string AwsProfile::get(const std::string& key) const {
  const auto found = credentials.find(key);
  return found == credentials.end() ? value_of(config, key) : found->second;
}

Result<std::optional<AwsProfile>> find_profile(const std::string& name,
                                               const AwsSections& credentials,
                                               const AwsSections& config) {
  AwsProfile profile{name, {}, {}, {}, {}};
  const auto first = credentials.find(name);
  if (first != credentials.end()) profile.credentials = first->second.settings;
  const AwsSection* second = named(config, "profile", name);
  if (const auto plain = config.find("default"); name == "default" && plain != config.end()) {
    second = &plain->second;
  }
  if (second != nullptr) profile.config = second->settings;
  if (first == credentials.end() && second == nullptr) return std::optional<AwsProfile>();
  if (const std::string services = profile.get("services"); !services.empty()) {
    const AwsSection* section = named(config, "services", services);
    if (section == nullptr) {
      return Error{str("AWS profile ", name, " names the services section ", services,
                       ", which the config file does not have: add [services ", services,
                       "], or take the setting services out of the profile")};
    }
    profile.ec2 = block_of(*section, "ec2");
    profile.sts = block_of(*section, "sts");
  }
  return std::optional(std::move(profile));
}

Result<ProfileKeys> profile_keys(const AwsProfile& profile) {
  ProfileKeys out;
  if (out.by_cli = delegated(profile); !out.by_cli.empty()) return out;
  auto keys = keys_of(profile, profile.credentials);
  if (!keys) return keys.error();
  out.keys = std::move(*keys);
  if (out.keys) return out;
  if (!profile.get("login_session").empty()) {
    out.by_cli = "login_session";
    return out;
  }
  out.credential_process = profile.get("credential_process");
  if (!out.credential_process.empty()) return out;
  keys = keys_of(profile, profile.config);
  if (!keys) return keys.error();
  out.keys = std::move(*keys);
  return out;
}

Status clean_keys(AwsKeys& keys, const KeyNames& names) {
  const auto clean = [](std::string& value) {
    value = trim(value);
    return std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c <= '~'; });
  };
  for (auto [value, name] : {std::pair{&keys.id, &names.id},
                             {&keys.secret, &names.secret},
                             {&keys.session_token, &names.token}}) {
    if (clean(*value)) continue;
    return Error{str(*name,
                     " holds a line break, a blank or another character that no AWS key "
                     "has: copy it anew")};
  }
  return Done{};
}

}  // namespace cb::wire
