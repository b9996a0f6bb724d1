#include "io/aws/aws_settings_table.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace cb::io {
namespace {

using enum AwsUse;
using Rows = std::vector<AwsSettingRow>;

constexpr std::string_view kTruth = "true false";

Rows key_rows() {
  return {
      {"AWS_ACCESS_KEY_ID", "aws_access_key_id", kHonoured, "", "the access key"},
      {"AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", kHonoured, "", "its secret"},
      {"AWS_SESSION_TOKEN", "aws_session_token", kHonoured, "", "the token of temporary keys"},
      {"AWS_SECURITY_TOKEN", "aws_security_token", kHonoured, "",
       "its former name, which goes first"},
      {"AWS_CREDENTIAL_EXPIRATION", "", kHonoured, "", "when the keys of the environment expire"},
      {"AWS_PROFILE", "", kHonoured, "", "which profile is read; `[aws] profile` goes first"},
      {"AWS_DEFAULT_PROFILE", "", kHonoured, "", "the same, where `AWS_PROFILE` is not set"},
      {"AWS_CONFIG_FILE", "", kHonoured, "", "instead of `~/.aws/config`"},
      {"AWS_SHARED_CREDENTIALS_FILE", "", kHonoured, "", "instead of `~/.aws/credentials`"},
      {"", "credential_process", kHonoured, "", "a command that prints keys"},
      {"AWS_CREDENTIAL_FILE", "", kHonoured, "", "the key file of the former EC2 tools"},
      {"BOTO_CONFIG", "", kHonoured, "", "instead of `/etc/boto.cfg` and `~/.boto`"},
      {"AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file", kByCli, "", "web identity (EKS)"},
      {"AWS_ROLE_ARN", "role_arn", kByCli, "", "the role to assume"},
      {"AWS_ROLE_SESSION_NAME", "role_session_name", kByCli, "", "with `role_arn`"},
      {"", "source_profile", kByCli, "", "with `role_arn`"},
      {"", "credential_source", kByCli, "", "with `role_arn`"},
      {"", "external_id", kByCli, "", "with `role_arn`"},
      {"", "duration_seconds", kByCli, "", "with `role_arn`"},
      {"", "mfa_serial", kByCli, "",
       "with `role_arn`; nobody can type its code, so the CLI must have the keys in its cache"},
      {"", "sso_*", kByCli, "", "IAM Identity Center; sign on with `aws sso login`"},
      {"", "login_session", kByCli, "", "`aws login`"},
      {"AWS_LOGIN_CACHE_DIRECTORY", "", kByCli, "", "with `login_session`"},
  };
}

Rows machine_rows() {
  return {
      {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "", kHonoured, "", "keys of an ECS task"},
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "", kHonoured, "",
       "keys of EKS Pod Identity and of other agents"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "", kHonoured, "", "what such an agent is shown"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "", kHonoured, "", "the file that holds it"},
      {"AWS_EC2_METADATA_DISABLED", "", kHonoured, kTruth, "never ask for an instance's own role"},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", kHonoured, "",
       "where an instance asks for its role"},
      {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode", kHonoured,
       "ipv4 ipv6", "by which of its two addresses"},
      {"AWS_IMDS_USE_IPV6", "imds_use_ipv6", kHonoured, kTruth, "the same as mode `ipv6`"},
      {"AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", kAnyway, kTruth,
       "version 1 is never asked"},
      {"AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", kHonoured, "number",
       "seconds for one question to it"},
      {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", kHonoured, "number",
       "how often it is asked"},
  };
}

Rows place_rows() {
  return {
      {"AWS_REGION", "region", kHonoured, "", "where workers are launched; `[aws] region` first"},
      {"AWS_DEFAULT_REGION", "", kHonoured, "", "the same, where `AWS_REGION` is not set"},
      {"AWS_ENDPOINT_URL_EC2", "", kHonoured, "", "URL to speak to instead of EC2"},
      {"AWS_ENDPOINT_URL_STS", "", kHonoured, "", "URL to speak to instead of STS"},
      {"AWS_ENDPOINT_URL", "endpoint_url", kHonoured, "", "instead of both"},
      {"", "services", kHonoured, "",
       "the section `[services NAME]`, of which `endpoint_url` of `ec2` and `sts` are read"},
      {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", kHonoured, kTruth,
       "none of the five above; `[aws] endpoint` stays"},
      {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", kHonoured, kTruth, "FIPS endpoints"},
      {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", kHonoured, kTruth,
       "endpoints with IPv6"},
      {"AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints", kHonoured, "regional legacy",
       "`legacy`: the older regions' STS at sts.amazonaws.com"},
      {"AWS_CA_BUNDLE", "ca_bundle", kHonoured, "", "certificates to trust, PEM"},
      {"REQUESTS_CA_BUNDLE", "", kHonoured, "", "the same, where neither of those is set"},
      {"HTTPS_PROXY", "", kHonoured, "", "proxy for https, also in lower case"},
      {"HTTP_PROXY", "", kHonoured, "",
       "the same for an endpoint that is http; never for this machine's own addresses, and never "
       "for metadata and container agents"},
      {"NO_PROXY", "", kHonoured, "", "hosts and domains without proxy"},
      {"", "proxy_ca_bundle", kHonoured, "", "certificates to trust of an https proxy"},
      {"", "proxy_client_cert", kHonoured, "", "certificate for an https proxy"},
      {"", "proxy_use_forwarding_for_https", kRefused, "false",
       "the broker speaks to AWS through a tunnel only"},
  };
}

Rows manner_rows() {
  return {
      {"AWS_MAX_ATTEMPTS", "max_attempts", kHonoured, "number",
       "how often a read or a termination is tried; launches never twice"},
      {"AWS_RETRY_MODE", "retry_mode", kAnyway, "legacy standard adaptive",
       "random pauses that grow, and budgets below the account's own (see above)"},
      {"AWS_DEFAULTS_MODE", "defaults_mode", kAnyway,
       "legacy standard in-region cross-region mobile auto",
       "its time limits are `connect_timeout` and `call_timeout` (see above)"},
      {"AWS_NEW_RETRIES_2026", "", kAnyway, "", "as `retry_mode`"},
      {"BOTOCORE_TCP_KEEPALIVE", "tcp_keepalive", kAnyway, "", "always"},
      {"AWS_SDK_LOAD_CONFIG", "", kAnyway, "", "the config file is always read"},
      {"AWS_SDK_UA_APP_ID", "sdk_ua_app_id", kHonoured, "", "sent as part of the user agent"},
      {"AWS_EXECUTION_ENV", "", kHonoured, "", "sent as part of the user agent"},
      {"AWS_CSM_ENABLED", "csm_enabled", kRefused, "false",
       "client-side monitoring: the broker sends none"},
      {"AWS_CSM_*", "csm_*", kNone, "", "only with `csm_enabled`"},
  };
}

Rows other_rows() {
  return {
      {"AWS_ENDPOINT_URL_*", "", kNone, "", "other services"},
      {"AWS_S3_*", "s3*", kNone, "", "S3"},
      {"AWS_BEARER_TOKEN_*", "", kNone, "", "services that take such tokens"},
      {"AWS_ACCOUNT_ID", "aws_account_id", kNone, "", "endpoints of other services"},
      {"AWS_ACCOUNT_ID_ENDPOINT_MODE", "account_id_endpoint_mode", kNone, "", "the same"},
      {"AWS_ENDPOINT_DISCOVERY_ENABLED", "endpoint_discovery_enabled", kNone, "", "the same"},
      {"AWS_DISABLE_HOST_PREFIX_INJECTION", "disable_host_prefix_injection", kNone, "", "the same"},
      {"AWS_AUTH_SCHEME_PREFERENCE", "auth_scheme_preference", kNone, "",
       "EC2 and STS know one way to sign"},
      {"AWS_SIGV4A_SIGNING_REGION_SET", "sigv4a_signing_region_set", kNone, "", "the same"},
      {"AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation", kNone, "",
       "services with checksums"},
      {"AWS_RESPONSE_CHECKSUM_VALIDATION", "response_checksum_validation", kNone, "", "the same"},
      {"AWS_DISABLE_REQUEST_COMPRESSION", "disable_request_compression", kNone, "",
       "services that take compressed requests"},
      {"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "request_min_compression_size_bytes", kNone, "",
       "the same"},
      {"AWS_DATA_PATH", "data_path", kNone, "", "descriptions of services for AWS's tools"},
      {"", "api_versions", kNone, "", "the same; the broker has one version of each"},
      {"", "parameter_validation", kNone, "", "the same"},
      {"AWS_LAMBDA_FUNCTION_NAME", "", kNone, "", "Lambda"},
      {"AWS_DEFAULT_OUTPUT", "output", kNone, "", "what the AWS CLI prints"},
      {"AWS_PAGER", "", kNone, "", "the same"},
      {"AWS_CLI_*", "cli_*", kNone, "", "the same"},
  };
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name && !name.empty();
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool takes(const AwsSettingRow& row, const std::string& value) {
  if (row.takes.empty()) return row.use != kRefused;
  if (row.takes == "number") return parse_int(value).value_or(0) >= 1;
  const auto allowed = words(row.takes);
  return std::find(allowed.begin(), allowed.end(), lower(value)) != allowed.end();
}

Status check(const AwsSettingRow& row, const std::string& name, const std::string& value) {
  if (value.empty() || takes(row, value)) return Done{};
  if (row.use == kRefused) {
    return Error{
        str(name, " is set, and ", row.doc, ": take it out"),
    };
  }
  const std::string choice = row.takes == "number" ? "a number, 1 or more" : std::string(row.takes);
  return Error{str(name, " is none of what it takes: ", choice)};
}

// The row that says most about `name`: one that spells it out, or else one that ends in '*'.
const AwsSettingRow* row_of(std::string_view name, std::string_view AwsSettingRow::*column) {
  const AwsSettingRow* found = nullptr;
  for (const AwsSettingRow& row : aws_settings_table()) {
    if (row.*column == name) return &row;
    if (found == nullptr && matches(row.*column, name)) found = &row;
  }
  return found;
}

}  // namespace

std::string_view to_string(AwsUse use) {
  switch (use) {
    case kHonoured:
      return "honoured";
    case kByCli:
      return "by the AWS CLI";
    case kAnyway:
      return "in any case";
    case kRefused:
      return "refused";
    case kNone:
      break;
  }
  return "no matter";
}

const std::vector<AwsSettingRow>& aws_settings_table() {
  static const Rows table = [] {
    Rows all;
    for (const Rows& part :
         {key_rows(), machine_rows(), place_rows(), manner_rows(), other_rows()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return table;
}

Result<std::vector<std::string>> check_aws_settings(const AwsSources& sources) {
  std::vector<std::string> unknown;
  for (const auto& [name, text] : sources.environment.variables) {
    const AwsSettingRow* const row = row_of(name, &AwsSettingRow::variable);
    const std::string value = sources.environment.get(name);
    if (row != nullptr) {
      if (Status good = check(*row, name, value); !good) return good.error();
    } else if (name.starts_with("AWS_") && !value.empty()) {
      unknown.push_back(str(name, " is no setting of AWS's tools that is known, and was ignored"));
    }
  }
  if (!sources.profile) return unknown;
  std::set<std::string> keys;
  for (const auto& settings : {sources.profile->credentials, sources.profile->config}) {
    for (const auto& [key, value] : settings) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const std::string name = str(key, " of AWS profile ", sources.profile->name);
    const AwsSettingRow* const row = row_of(key, &AwsSettingRow::key);
    if (row == nullptr) {
      unknown.push_back(str(name, " is no setting of AWS's tools that is known, and was ignored"));
    } else if (Status good = check(*row, name, sources.profile->get(key)); !good) {
      return good.error();
    }
  }
  return unknown;
}

}  // namespace cb::io
