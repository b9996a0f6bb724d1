#pragma once
// Which proxy a request goes through, as AWS's own tools choose it: the scheme's own variable in
// lower or upper case, unless NO_PROXY has the host. This machine's own addresses are never asked
// for through a proxy.

#include <map>
#include <string>

#include "base/result.h"

namespace cb::io {

struct HttpProxies {
  std::string https, http;  // URLs; empty: none
  std::string none;         // NO_PROXY: hosts and domains between commas, or "*"
  std::string ca_file;      // for an https proxy; empty: the system's
  std::string client_cert;  // PEM with its key, for an https proxy; empty: none
  bool operator==(const HttpProxies&) const = default;
};

// From HTTPS_PROXY, HTTP_PROXY and NO_PROXY; a variable in lower case wins, and one that is empty
// switches the other off. The Error names the variable, never its value, which may hold a password.
Result<HttpProxies> find_proxies(const std::map<std::string, std::string>& variables);

// The proxy for `url`; empty: the request goes straight to its host.
std::string proxy_for(const std::string& url, const HttpProxies& proxies);

// "ec2.us-east-1.amazonaws.com", "127.0.0.1:3128": a URL without scheme, user, password and path.
std::string host_and_port(const std::string& url);

}  // namespace cb::io
