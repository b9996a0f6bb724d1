#include "io/net/allow_list.h"

#include <gtest/gtest.h>

#include "io/net/listen_socket.h"

namespace cb::io {
namespace {

bool allowed(const std::vector<std::string>& networks, const std::string& client) {
  return AllowList::parse(networks)->allows(parse_endpoint(client)->address);
}

TEST(AllowList, AnEmptyListAllowsEveryone) {
  EXPECT_TRUE(allowed({}, "203.0.113.9:5"));
  EXPECT_TRUE(AllowList().allows(sockaddr_storage{}));
}

TEST(AllowList, ANetworkAllowsItsAddressesAndNoOthers) {
  EXPECT_TRUE(allowed({"10.0.0.0/8"}, "10.255.0.1:5"));
  EXPECT_FALSE(allowed({"10.0.0.0/8"}, "11.0.0.1:5"));
  EXPECT_TRUE(allowed({"192.0.2.128/25"}, "192.0.2.128:5"));
  EXPECT_FALSE(allowed({"192.0.2.128/25"}, "192.0.2.127:5"));
  EXPECT_TRUE(allowed({"198.51.100.0/24", "192.0.2.1"}, "192.0.2.1:5"));
  EXPECT_FALSE(allowed({"198.51.100.0/24", "192.0.2.1"}, "192.0.2.2:5"));
  EXPECT_TRUE(allowed({"0.0.0.0/0"}, "203.0.113.9:5"));
  EXPECT_FALSE(allowed({"0.0.0.0/0"}, "[2001:db8::1]:5"));
  EXPECT_TRUE(allowed({"2001:db8::/33"}, "[2001:db8:7fff::1]:5"));
  EXPECT_FALSE(allowed({"2001:db8::/33"}, "[2001:db8:8000::1]:5"));
}

TEST(AllowList, AnIpv4ClientOfAnIpv6SocketIsJudgedByItsIpv4Address) {
  EXPECT_TRUE(allowed({"10.0.0.0/8"}, "[::ffff:10.1.2.3]:5"));
  EXPECT_FALSE(allowed({"10.0.0.0/8"}, "[::ffff:11.1.2.3]:5"));
}

TEST(AllowList, AnEntryThatIsNoNetworkIsNamed) {
  for (const std::string bad : {"", "lab.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",
                                "10.0.0.0/8x", "10.0.0.5/8", "2001:db8::/129", "2001:db8::1/32"}) {
    const auto list = AllowList::parse({"10.0.0.0/8", bad});
    ASSERT_FALSE(list) << bad;
    EXPECT_TRUE(list.error().what.starts_with(bad)) << list.error().what;
  }
}

}  // namespace
}  // namespace cb::io
