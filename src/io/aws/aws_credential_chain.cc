// The chain of places where keys are looked for, in the order of AWS's own tools.

#include "base/text.h"
#include "io/aws/aws_cli.h"
#include "io/aws/aws_credential_process.h"
#include "io/aws/aws_credentials.h"
#include "io/aws/aws_metadata.h"

namespace cb::io {
namespace {

// Empty: this source has nothing to say; the next is asked.
using Found = std::optional<Result<AwsCredentialSet>>;

Found from_environment(const AwsEnvironment& environment, const CommandLimits&) {
  wire::AwsKeys keys{environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY"),
                     environment.first_of({"AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"})};
  if (keys.id.empty() && keys.secret.empty()) return {};
  if (keys.id.empty() || keys.secret.empty()) {
    return Error{
        "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or none"};
  }
  if (Status clean = wire::clean_keys(
          keys, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"});
      !clean) {
    return clean.error();
  }
  AwsCredentialSet set{std::move(keys), {}, "the environment"};
  if (const std::string text = environment.get("AWS_CREDENTIAL_EXPIRATION"); !text.empty()) {
    set.expires = parse_expiration(text);
    if (!set.expires) {
      return Error{
          "AWS_CREDENTIAL_EXPIRATION is no time with its zone, such as 2027-01-01T00:00:00Z"};
    }
  }
  return set;
}

Found from_web_identity(const AwsEnvironment& environment, const CommandLimits& limits) {
  if (environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) return {};
  return credentials_by_cli("AWS_WEB_IDENTITY_TOKEN_FILE", environment, limits);
}

Found from_profile(const AwsEnvironment& environment, const CommandLimits& limits) {
  auto profile = load_profile(environment);
  if (!profile) return profile.error();
  if (!*profile) return {};
  const std::string of = str(" of AWS profile ", (*profile)->name);
  auto given = wire::profile_keys(**profile);
  if (!given) return given.error();
  if (!given->by_cli.empty()) return credentials_by_cli(given->by_cli + of, environment, limits);
  if (given->keys) return AwsCredentialSet{std::move(*given->keys), {}, of.substr(4)};
  if (given->credential_process.empty()) return {};
  const std::string source = "credential_process" + of;
  auto printed = run_credential_process(given->credential_process, environment, limits);
  if (!printed) return Error{str(source, ' ', printed.error().what)};
  return parse_credential_json(CredentialJson::kCommand, *printed, source);
}

// The key files of what came before the AWS CLI, which AWS's own tools still read.
Found keys_in(const wire::AwsSettings& settings, const char* id, const char* secret,
              const std::string& file) {
  const auto value = [&](const char* key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string() : found->second;
  };
  wire::AwsKeys keys{value(id), value(secret), ""};
  if (keys.id.empty()) return {};
  if (keys.secret.empty()) return Error{str(file, " has ", id, " and no ", secret)};
  const std::string of = " of " + file;
  if (Status clean = wire::clean_keys(keys, {id + of, secret + of, ""}); !clean) {
    return clean.error();
  }
  return AwsCredentialSet{std::move(keys), {}, file};
}

Found from_former_ec2_tools(const AwsEnvironment& environment, const CommandLimits&) {
  const std::string path = environment.get("AWS_CREDENTIAL_FILE");
  if (path.empty()) return {};
  auto text = read_aws_file(path, environment);
  if (!text) return text.error();
  wire::AwsSettings settings;
  for (std::string_view line : split(*text, '\n')) {
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    settings[std::string(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
  }
  return keys_in(settings, "AWSAccessKeyId", "AWSSecretKey", "AWS_CREDENTIAL_FILE");
}

Found from_boto(const AwsEnvironment& environment, const CommandLimits&) {
  const std::string named = environment.get("BOTO_CONFIG");
  std::vector<std::string> paths{named};
  if (named.empty()) paths = {"/etc/boto.cfg", "~/.boto"};
  for (const std::string& path : paths) {
    auto text = read_aws_file(path, environment);
    if (!text) return text.error();
    auto sections = wire::parse_aws_file(*text, path);
    if (!sections) return sections.error();
    const auto section = sections->find("Credentials");
    if (section == sections->end()) continue;
    if (Found found =
            keys_in(section->second.settings, "aws_access_key_id", "aws_secret_access_key", path)) {
      return found;
    }
  }
  return {};
}

Found from_container(const AwsEnvironment& environment, const CommandLimits&) {
  auto json = container_credentials(environment);
  if (!json) return {};
  const std::string source = "the container's credential endpoint";
  if (!*json) return Error{str(source, ": ", json->error().what)};
  return parse_credential_json(CredentialJson::kMachine, **json, source);
}

Found from_instance_role(const AwsEnvironment& environment, const CommandLimits&) {
  auto sources = load_aws_sources(environment);
  if (!sources) return sources.error();
  InstanceMetadata metadata(*sources);
  auto listed = metadata.get("iam/security-credentials/");
  if (!listed) return {};
  const auto roles = words(*listed);
  if (roles.empty()) return {};
  const std::string role(roles.front());
  auto json = metadata.get("iam/security-credentials/" + role);
  const std::string source = str("the instance role ", role);
  if (!json) return Error{str(source, ": ", json.error().what)};
  return parse_credential_json(CredentialJson::kMachine, *json, source);
}

}  // namespace

Result<AwsCredentialSet> find_credentials(const AwsEnvironment& environment, CommandLimits limits) {
  for (auto source : {from_environment, from_web_identity, from_profile, from_former_ec2_tools,
                      from_boto, from_container, from_instance_role}) {
    if (Found found = source(environment, limits)) return std::move(*found);
  }
  return Error{
      "no AWS credentials were found: run aws configure as the broker's user, set "
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine an instance role"};
}

}  // namespace cb::io
