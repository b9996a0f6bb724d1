#include "io/aws_metadata.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "io/http_client.h"

namespace cb::io {
namespace {

constexpr std::size_t kAnswerMax = 64 * 1024;

HttpRequest request(std::string method, std::string url, const MetadataLimits& limits) {
  HttpRequest out;
  out.method = std::move(method);
  out.url = std::move(url);
  out.connect_limit = limits.connect;
  out.total_limit = limits.total;
  out.answer_bytes_max = kAnswerMax;
  return out;
}

Result<std::string> body_of(const HttpRequest& asked) {
  HttpAnswer answer = http_once(asked);
  if (answer.end != HttpAnswer::End::kAnswered) return Error{answer.why};
  if (answer.status != 200) return Error{str(asked.url, " answers HTTP ", answer.status)};
  return std::move(answer.body);
}

// Plain http would show the keys to the network: only where it stays on this machine.
bool may_ask(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kHttp = "http://";
  if (!url.starts_with(kHttp)) return false;
  url.remove_prefix(kHttp.size());
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (!host.ends_with(']')) host = host.substr(0, host.rfind(':'));
  constexpr std::array<std::string_view, 5> kLocal{"localhost", "[::1]", "169.254.170.2",
                                                   "169.254.170.23", "[fd00:ec2::23]"};
  if (std::find(kLocal.begin(), kLocal.end(), host) != kLocal.end()) return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

std::string container_authorization(const AwsEnvironment& environment) {
  const std::string path = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (path.empty()) return environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  std::ifstream file(path, std::ios::binary);
  return std::string(trim(std::string(std::istreambuf_iterator<char>(file), {})));
}

}  // namespace

InstanceMetadata::InstanceMetadata(const AwsEnvironment& environment, MetadataLimits limits)
    : endpoint_(environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT")), limits_(limits) {
  if (endpoint_.empty()) endpoint_ = "http://169.254.169.254";
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
  if (environment.get("AWS_EC2_METADATA_DISABLED") == "true") endpoint_.clear();
}

Status InstanceMetadata::fetch_token() {
  HttpRequest put = request("PUT", endpoint_ + "/latest/api/token", limits_);
  put.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}};
  auto token = body_of(put);
  if (!token) return token.error();
  token_ = trim(*token);
  return Done{};
}

Result<std::string> InstanceMetadata::get(const std::string& path) {
  if (endpoint_.empty()) return Error{"instance metadata is switched off"};
  if (token_.empty()) {
    if (Status fetched = fetch_token(); !fetched) return fetched.error();
  }
  HttpRequest ask = request("GET", str(endpoint_, "/latest/meta-data/", path), limits_);
  ask.headers = {{"X-aws-ec2-metadata-token", token_}};
  return body_of(ask);
}

std::optional<Result<std::string>> container_credentials(const AwsEnvironment& environment,
                                                         MetadataLimits limits) {
  const std::string relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) return {};
  const std::string url = relative.empty() ? full : "http://169.254.170.2" + relative;
  if (!may_ask(url)) {
    return Error{str("AWS_CONTAINER_CREDENTIALS_FULL_URI is ", url,
                     ", which is neither https nor on this machine: keys are not asked for there")};
  }
  HttpRequest ask = request("GET", url, limits);
  if (std::string word = container_authorization(environment); !word.empty()) {
    ask.headers = {{"Authorization", word}};
  }
  return body_of(ask);
}

}  // namespace cb::io
