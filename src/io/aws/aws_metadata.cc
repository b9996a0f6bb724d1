#include "io/aws/aws_metadata.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "io/net/http_client.h"

namespace cb::io {
namespace {

constexpr std::size_t kAnswerMax = 64 * 1024;
constexpr int kContainerAttempts = 3;
constexpr const char* kIpv4 = "http://169.254.169.254";
constexpr const char* kIpv6 = "http://[fd00:ec2::254]";

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

Result<std::string> container_authorization(const AwsEnvironment& environment) {
  std::string name = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
  std::string word = environment.get(name);
  if (const std::string path = environment.get(name + "_FILE"); !path.empty()) {
    name += "_FILE";
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{str(name, " names a file that cannot be read")};
    word = trim(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  if (word.find_first_of("\r\n") == word.npos) return word;
  return Error{str(name, " holds a line break, which no header may")};
}

bool asks_by_ipv6(const AwsSources& sources) {
  std::string mode =
      sources.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
  for (char& c : mode) c = static_cast<char>(c | 0x20);
  if (!mode.empty()) return mode == "ipv6";
  return sources.is_true("AWS_IMDS_USE_IPV6", "imds_use_ipv6");
}

}  // namespace

InstanceMetadata::InstanceMetadata(const AwsSources& sources, MetadataLimits limits)
    : endpoint_(sources.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")),
      limits_(limits) {
  if (endpoint_.empty()) endpoint_ = asks_by_ipv6(sources) ? kIpv6 : kIpv4;
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
  if (sources.is_true("AWS_EC2_METADATA_DISABLED", "")) endpoint_.clear();
  constexpr std::int64_t kMost = 60;  // of both
  if (auto time =
          parse_int(sources.get("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"))) {
    limits_.connect = limits_.total = seconds{std::clamp<std::int64_t>(*time, 1, kMost)};
  }
  if (auto times = parse_int(
          sources.get("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"))) {
    attempts_ = std::clamp<std::int64_t>(*times, 1, kMost);
  }
}

Result<std::string> InstanceMetadata::ask(const HttpRequest& request) const {
  auto body = body_of(request);
  for (std::int64_t n = 1; !body && n < attempts_; ++n) body = body_of(request);
  return body;
}

Status InstanceMetadata::fetch_token() {
  HttpRequest put = request("PUT", endpoint_ + "/latest/api/token", limits_);
  put.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}};
  auto token = ask(put);
  if (!token) return token.error();
  token_ = trim(*token);
  return Done{};
}

Result<std::string> InstanceMetadata::get(const std::string& path) {
  if (endpoint_.empty()) return Error{"instance metadata is switched off"};
  if (token_.empty()) {
    if (Status fetched = fetch_token(); !fetched) return fetched.error();
  }
  HttpRequest get = request("GET", str(endpoint_, "/latest/meta-data/", path), limits_);
  get.headers = {{"X-aws-ec2-metadata-token", token_}};
  return ask(get);
}

std::optional<Result<std::string>> container_credentials(const AwsEnvironment& environment,
                                                         MetadataLimits limits) {
  const std::string relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) return {};
  const std::string url = relative.empty() ? full : "http://169.254.170.2" + relative;
  if (!may_ask(url)) {
    return Error{
        "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine: keys are not "
        "asked for there"};
  }
  HttpRequest ask = request("GET", url, limits);
  auto word = container_authorization(environment);
  if (!word) return word.error();
  if (!word->empty()) ask.headers = {{"Authorization", *word}};
  auto body = body_of(ask);
  for (int n = 1; !body && n < kContainerAttempts; ++n) body = body_of(ask);
  return body;
}

}  // namespace cb::io
