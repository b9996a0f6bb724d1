#include "io/net/http_proxy.h"

#include <string_view>

#include "base/text.h"

namespace cb::io {
namespace {

std::string value_of(const std::map<std::string, std::string>& variables, const std::string& name) {
  auto found = variables.find(lower(name));
  if (found == variables.end()) found = variables.find(name);
  return found == variables.end() ? std::string() : std::string(trim(found->second));
}

Result<std::string> proxy_of(const std::map<std::string, std::string>& variables,
                             const std::string& name) {
  std::string url = value_of(variables, name);
  if (url.empty()) return url;
  if (url.find("://") == url.npos) url = (url.starts_with("//") ? "http:" : "http://") + url;
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  if (known && url.find_first_of(" \t\r\n") == url.npos && !host_and_port(url).empty()) return url;
  return Error{str(name,
                   " is not the address of an HTTP proxy: set it to one such as "
                   "http://proxy.example.org:3128, or unset it")};
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_own(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos;
}

bool is_excepted(const std::string& authority, std::string_view none) {
  const std::string_view host = host_of(authority);
  for (std::string_view entry : split(none, ',')) {
    entry = trim(entry);
    while (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty()) continue;
    const std::string name = lower(entry);
    const std::string domain = '.' + name;
    if (host == name || authority == name || host.ends_with(domain) ||
        authority.ends_with(domain)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<HttpProxies> find_proxies(const std::map<std::string, std::string>& variables) {
  HttpProxies proxies;
  auto https = proxy_of(variables, "HTTPS_PROXY");
  if (!https) return https.error();
  auto http = proxy_of(variables, "HTTP_PROXY");
  if (!http) return http.error();
  proxies.https = std::move(*https);
  proxies.http = std::move(*http);
  proxies.none = value_of(variables, "NO_PROXY");
  return proxies;
}

std::string proxy_for(const std::string& url, const HttpProxies& proxies) {
  const std::string& proxy = url.starts_with("https://") ? proxies.https : proxies.http;
  if (proxy.empty()) return {};
  const std::string authority = lower(host_and_port(url));
  if (is_own(host_of(authority)) || proxies.none == "*" || is_excepted(authority, proxies.none)) {
    return {};
  }
  return proxy;
}

std::string host_and_port(const std::string& url) {
  std::string_view rest = url;
  if (const auto scheme = rest.find("://"); scheme != rest.npos) rest.remove_prefix(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto user = rest.rfind('@'); user != rest.npos) rest.remove_prefix(user + 1);
  return std::string(rest);
}

}  // namespace cb::io
