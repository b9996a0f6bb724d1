#include "io/net/http_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::Not;
using Variables = std::map<std::string, std::string>;

HttpProxies proxies(const Variables& variables) {
  auto found = find_proxies(variables);
  EXPECT_TRUE(found) << found.error().what;
  return found ? *found : HttpProxies{};
}

TEST(Proxies, AreTakenFromTheVariablesOfTheScheme) {
  const HttpProxies found = proxies({{"HTTPS_PROXY", " p:1\n"}, {"http_proxy", "//q:2"}});
  EXPECT_EQ(proxy_for("https://ec2.x.amazonaws.com/", found), "http://p:1");
  EXPECT_EQ(proxy_for("http://ec2.example.org/", found), "http://q:2");
  EXPECT_EQ(proxy_for("https://ec2.x.amazonaws.com/", {}), "");
}

TEST(Proxies, AVariableInLowerCaseGoesFirst) {
  EXPECT_EQ(proxies({{"HTTPS_PROXY", "http://a"}, {"https_proxy", "http://b"}}).https, "http://b");
  EXPECT_EQ(proxies({{"HTTPS_PROXY", "http://a"}, {"https_proxy", ""}}).https, "");
}

TEST(Proxies, NoProxyExceptsHostsAndTheirDomains) {
  const auto through = [](const std::string& none, const std::string& url) {
    return !proxy_for(url, proxies({{"HTTPS_PROXY", "http://p"}, {"NO_PROXY", none}})).empty();
  };
  EXPECT_FALSE(through("*", "https://a.b"));
  EXPECT_FALSE(through("x, .Amazonaws.com", "https://EC2.us-east-1.amazonaws.com"));
  EXPECT_FALSE(through("a.b", "https://a.b:8443/path"));
  EXPECT_FALSE(through("a.b:8443", "https://a.b:8443"));
  EXPECT_TRUE(through("a.b:1", "https://a.b:8443"));
  EXPECT_TRUE(through("b", "https://ab"));
  EXPECT_TRUE(through(" ,.", "https://ab"));
}

TEST(Proxies, ThisMachinesOwnAddressesAreNeverAskedForThroughOne) {
  const HttpProxies all = proxies({{"HTTPS_PROXY", "p"}, {"HTTP_PROXY", "p"}});
  for (const char* own : {"http://127.0.0.1:4599", "https://localhost:1/", "http://[::1]:1/"}) {
    EXPECT_EQ(proxy_for(own, all), "") << own;
  }
  EXPECT_NE(proxy_for("http://127.0.0.1.example.org/", all), "");
}

TEST(Proxies, WhatIsNoProxyIsRefusedByNameAndNeverItsValue) {
  for (const char* bad : {"socks5://hidden:1", "http://", "http://u:hidden@", "hid den:3128"}) {
    auto found = find_proxies({{"HTTPS_PROXY", bad}});
    ASSERT_FALSE(found) << bad;
    EXPECT_THAT(found.error().what, HasSubstr("HTTPS_PROXY"));
    EXPECT_THAT(found.error().what, Not(HasSubstr("hid")));
  }
  EXPECT_EQ(host_and_port("http://u:hidden@proxy:3128/x"), "proxy:3128");
}

}  // namespace
}  // namespace cb::io
