#include "base/text.h"
#include "io/aws_credential_process.h"
#include "io/aws_credentials.h"
#include "io/aws_metadata.h"

namespace cb::io {
namespace {

// Empty: this source has nothing to say; the next is asked.
using Found = std::optional<Result<AwsCredentialSet>>;

Found from_environment(const AwsEnvironment& environment) {
  wire::AwsKeys keys{environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY"),
                     environment.get("AWS_SESSION_TOKEN")};
  if (keys.id.empty() && keys.secret.empty()) return {};
  if (keys.id.empty() || keys.secret.empty()) {
    return Error{
        "only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: set both, or none"};
  }
  return AwsCredentialSet{std::move(keys), {}, "the environment"};
}

Found from_profile(const AwsEnvironment& environment) {
  auto profile = load_profile(environment);
  if (!profile) return profile.error();
  if (!*profile) return {};
  const std::string& name = (*profile)->name;
  auto given = wire::profile_keys(name, (*profile)->settings);
  if (!given) return given.error();
  if (given->keys) return AwsCredentialSet{std::move(*given->keys), {}, str("AWS profile ", name)};
  if (given->credential_process.empty()) return {};
  const std::string source = str("credential_process of AWS profile ", name);
  auto printed = run_command(given->credential_process);
  if (!printed) return Error{str(source, ' ', printed.error().what)};
  return parse_credential_json(*printed, source);
}

Found from_web_identity(const AwsEnvironment& environment) {
  if (environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").empty()) return {};
  return Error{
      "AWS_WEB_IDENTITY_TOKEN_FILE is set, which the broker does not do itself: use EKS Pod "
      "Identity, or a profile with credential_process"};
}

Found from_container(const AwsEnvironment& environment) {
  auto json = container_credentials(environment);
  if (!json) return {};
  if (!*json) return Error{str("the container's credential endpoint: ", json->error().what)};
  return parse_credential_json(**json, "the container's credential endpoint");
}

Found from_instance_role(const AwsEnvironment& environment) {
  InstanceMetadata metadata(environment);
  auto listed = metadata.get("iam/security-credentials/");
  if (!listed) return {};
  const auto roles = words(*listed);
  if (roles.empty()) return {};
  const std::string role(roles.front());
  auto json = metadata.get("iam/security-credentials/" + role);
  if (!json) return Error{str("the instance role ", role, ": ", json.error().what)};
  return parse_credential_json(*json, str("the instance role ", role));
}

}  // namespace

Result<AwsCredentialSet> find_credentials(const AwsEnvironment& environment) {
  for (auto source :
       {from_environment, from_profile, from_web_identity, from_container, from_instance_role}) {
    if (Found found = source(environment)) return std::move(*found);
  }
  return Error{
      "no AWS credentials were found: run aws configure as the broker's user, set "
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine an instance role"};
}

}  // namespace cb::io
