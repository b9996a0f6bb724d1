#include "io/aws/aws_setup.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "io/aws/aws_metadata.h"
#include "io/aws/aws_settings_table.h"

namespace cb::io {
namespace {

// A value and what a person calls the place that it comes from.
struct Given {
  std::string value;
  std::string place;
};

Given given(const AwsSources& sources, std::initializer_list<const char*> variables,
            const std::string& key) {
  for (const char* variable : variables) {
    if (std::string value = sources.environment.get(variable); !value.empty()) {
      return {std::move(value), variable};
    }
  }
  if (!sources.profile || key.empty()) return {};
  return {sources.profile->get(key), str(key, " of AWS profile ", sources.profile->name)};
}

// Pseudo-regions such as aws-global are where AWS's global services are, and no instance.
bool may_be_region(const std::string& text) {
  return text.size() <= 32 && !text.ends_with("-global") &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// "fips-us-east-1" and "us-east-1-fips" are former names for FIPS endpoints in us-east-1.
bool take_fips(std::string& region) {
  bool taken = false;
  for (std::string_view word : {"fips-", "-fips"}) {
    for (auto at = region.find(word); at != region.npos; at = region.find(word)) {
      region.erase(at, word.size());
      taken = true;
    }
  }
  return taken;
}

Status find_region(AwsSetup& setup, const AwsSources& sources, const std::string& configured) {
  Given found = configured.empty() ? given(sources, {"AWS_REGION", "AWS_DEFAULT_REGION"}, "region")
                                   : Given{configured, "[aws] region"};
  if (found.value.empty()) {
    auto own = InstanceMetadata(sources).get("placement/region");
    if (own) found = {std::string(trim(*own)), "what the instance's metadata say of its region"};
  }
  if (found.value.empty()) {
    return Error{"no AWS region is known: set [aws] region in the configuration, or AWS_REGION"};
  }
  setup.kind.fips |= take_fips(found.value);
  if (!may_be_region(found.value) || found.value.empty()) {
    return Error{str(found.place,
                     " is not the name of an AWS region with instances: set it to one such as "
                     "us-east-1")};
  }
  setup.region = std::move(found.value);
  return Done{};
}

Status check_endpoint(const Given& endpoint) {
  const std::string& url = endpoint.value;
  if (url.empty()) return Done{};
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http || host_and_port(url).empty() || url.find_first_of(" \t\r\n") != url.npos) {
    return Error{str(endpoint.place, " is no URL: it begins with http:// or https://")};
  }
  if (url.find('@') != url.npos) {
    return Error{str(endpoint.place, " holds a user or a password: take them out")};
  }
  return Done{};
}

Given find_endpoint(const AwsSources& sources, const char* variable,
                    const wire::AwsSettings& services) {
  Given found = given(sources, {variable, "AWS_ENDPOINT_URL"}, "");
  if (!found.value.empty() || !sources.profile) return found;
  if (const auto own = services.find("endpoint_url");
      own != services.end() && !own->second.empty()) {
    return {own->second,
            str("endpoint_url of the services section of AWS profile ", sources.profile->name)};
  }
  return given(sources, {}, "endpoint_url");
}

Status find_endpoints(AwsSetup& setup, const AwsSources& sources, const std::string& configured) {
  Given ec2{configured, "[aws] endpoint"};
  Given sts = ec2;
  if (configured.empty() &&
      !sources.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) {
    const wire::AwsProfile none;
    const wire::AwsProfile& profile = sources.profile ? *sources.profile : none;
    ec2 = find_endpoint(sources, "AWS_ENDPOINT_URL_EC2", profile.ec2);
    sts = find_endpoint(sources, "AWS_ENDPOINT_URL_STS", profile.sts);
  }
  for (const Given& endpoint : {ec2, sts}) {
    if (Status good = check_endpoint(endpoint); !good) return good;
  }
  if (!ec2.value.empty()) setup.ec2_endpoint_place = ec2.place;
  if (!sts.value.empty()) setup.sts_endpoint_place = sts.place;
  setup.ec2_endpoint = std::move(ec2.value);
  setup.sts_endpoint = std::move(sts.value);
  return Done{};
}

Status find_certificates(AwsSetup& setup, const AwsSources& sources) {
  Given trusted = given(sources, {"AWS_CA_BUNDLE"}, "ca_bundle");
  if (trusted.value.empty()) trusted = given(sources, {"REQUESTS_CA_BUNDLE"}, "");
  const Given proxy = given(sources, {}, "proxy_ca_bundle");
  const Given client = given(sources, {}, "proxy_client_cert");
  for (const Given& file : {trusted, proxy, client}) {
    if (file.value.empty() || access(file.value.c_str(), R_OK) == 0) continue;
    return Error{str(file.place, " names a file that cannot be read: correct it, or unset it")};
  }
  setup.ca_file = trusted.value;
  setup.proxies.ca_file = proxy.value;
  setup.proxies.client_cert = client.value;
  return Done{};
}

// Words of a header: what it must not hold becomes '-', as AWS's own tools do it.
std::string header_word(std::string text) {
  for (char& c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("!$%&'*+.^_`|~,").find(c) == std::string_view::npos) c = '-';
  }
  return text;
}

void find_manners(AwsSetup& setup, const AwsSources& sources) {
  if (const std::string where = sources.environment.get("AWS_EXECUTION_ENV"); !where.empty()) {
    setup.user_agent += " exec-env/" + header_word(where);
  }
  if (const std::string id = sources.get("AWS_SDK_UA_APP_ID", "sdk_ua_app_id"); !id.empty()) {
    setup.user_agent += " app/" + header_word(id);
  }
  if (const auto attempts = parse_int(sources.get("AWS_MAX_ATTEMPTS", "max_attempts"))) {
    setup.attempts_max = static_cast<int>(std::clamp<std::int64_t>(*attempts, 1, 100));
  }
}

}  // namespace

Result<AwsSetup> find_aws_setup(const AwsEnvironment& environment,
                                const AwsConfigured& configured) {
  auto sources = load_aws_sources(environment);
  if (!sources) return sources.error();
  auto unknown = check_aws_settings(*sources);
  if (!unknown) return unknown.error();
  auto proxies = find_proxies(environment.variables);
  if (!proxies) return proxies.error();
  AwsSetup setup;
  setup.warnings = std::move(*unknown);
  setup.proxies = std::move(*proxies);
  setup.kind.fips = sources->is_true("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  setup.kind.dual_stack = sources->is_true("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  setup.kind.sts_legacy =
      sources->get("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints") == "legacy";
  if (Status good = find_region(setup, *sources, configured.region); !good) return good.error();
  if (Status good = find_endpoints(setup, *sources, configured.endpoint); !good) {
    return good.error();
  }
  if (Status good = find_certificates(setup, *sources); !good) return good.error();
  find_manners(setup, *sources);
  return setup;
}

}  // namespace cb::io
