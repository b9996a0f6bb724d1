#include "io/aws/aws_signed_request.h"

#include <string_view>

#include "base/text.h"

namespace cb::io {
namespace {

struct Address {
  std::string authority;  // "ec2.us-east-1.amazonaws.com", "127.0.0.1:4599"
  std::string path;       // at least "/"
};

Address parse(std::string_view url) {
  const auto scheme = url.find("://");
  std::string_view rest = scheme == url.npos ? url : url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto slash = rest.find('/');
  if (slash == rest.npos) return {std::string(rest), "/"};
  return {std::string(rest.substr(0, slash)), std::string(rest.substr(slash))};
}

}  // namespace

HttpRequest signed_request(const AwsSetup& setup, const std::string& endpoint,
                           const std::string& body, const wire::SigningScope& scope,
                           const wire::AwsKeys& keys) {
  const Address address = parse(endpoint);
  wire::RequestToSign to_sign;
  to_sign.path = address.path;
  to_sign.headers = {{"Host", address.authority},
                     {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  to_sign.body = body;
  HttpRequest request;
  request.url =
      str(endpoint.substr(0, endpoint.find("://")), "://", address.authority, address.path);
  request.headers = to_sign.headers;
  for (auto& header : wire::sign_v4(to_sign, scope, keys)) request.headers.push_back(header);
  request.headers.emplace_back("User-Agent", setup.user_agent);
  request.body = body;
  request.ca_file = setup.ca_file;
  request.proxy = proxy_for(request.url, setup.proxies);
  request.proxy_ca_file = setup.proxies.ca_file;
  request.proxy_client_cert = setup.proxies.client_cert;
  return request;
}

}  // namespace cb::io
