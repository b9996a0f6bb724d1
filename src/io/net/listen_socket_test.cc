#include "io/net/listen_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace cb::io {
namespace {

TEST(ListenSocket, AnAddressReadsAsItWasWritten) {
  for (const std::string text :
       {"127.0.0.1:9000", "0.0.0.0:0", "[::]:9000", "[2001:db8::1]:65535"}) {
    EXPECT_EQ(to_string(*parse_endpoint(text)), text);
  }
}

TEST(ListenSocket, WhatIsNoAddressIsRefusedWithAnExample) {
  for (const std::string text :
       {"", "9000", ":9000", "localhost:9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:-1", "::1:9000", "[::1]", "[::1:9"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_NE(endpoint.error().what.find("127.0.0.1:9000"), std::string::npos);
  }
}

TEST(ListenSocket, LoopbackIsKnown) {
  EXPECT_TRUE(is_loopback(*parse_endpoint("127.0.0.1:1")));
  EXPECT_TRUE(is_loopback(*parse_endpoint("127.9.9.9:1")));
  EXPECT_TRUE(is_loopback(*parse_endpoint("[::1]:1")));
  EXPECT_FALSE(is_loopback(*parse_endpoint("0.0.0.0:1")));
  EXPECT_FALSE(is_loopback(*parse_endpoint("[::]:1")));
}

TEST(ListenSocket, APortThatIsTakenIsNamedWithWhatToDo) {
  const auto first = listen_on(*parse_endpoint("127.0.0.1:0"), 8);
  ASSERT_TRUE(first);
  const Endpoint taken = bound_to(first->get());
  const auto second = listen_on(taken, 8);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().what, "cannot listen on " + to_string(taken) +
                                     ": Address already in use; another program has this port; "
                                     "stop it or choose another");
}

int option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

// What the kernel does with these is tested between two network namespaces (tests/e2e).
TEST(ListenSocket, EveryConnectionInheritsThatASilentPeerIsGivenUp) {
  const auto door = listen_on(*parse_endpoint("127.0.0.1:0"), 1);
  ASSERT_TRUE(door);
  give_up_silent_peers(door->get(), seconds{90});
  const Endpoint to = bound_to(door->get());
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&to.address), to.size), 0);
  const UniqueFd accepted(::accept(door->get(), nullptr, nullptr));
  ASSERT_TRUE(accepted);
  EXPECT_EQ(option(accepted.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
  const int idle = option(accepted.get(), IPPROTO_TCP, TCP_KEEPIDLE);
  const int probes = option(accepted.get(), IPPROTO_TCP, TCP_KEEPCNT) *
                     option(accepted.get(), IPPROTO_TCP, TCP_KEEPINTVL);
  EXPECT_EQ(idle + probes, 90);
  EXPECT_EQ(option(accepted.get(), IPPROTO_TCP, TCP_USER_TIMEOUT), 90'000);
  EXPECT_EQ(option(accepted.get(), IPPROTO_TCP, TCP_NODELAY), 1);
}

}  // namespace
}  // namespace cb::io
