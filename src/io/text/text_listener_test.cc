#include "io/text/text_listener.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "driver/reply_router.h"
#include "io/text/text_listener_test_kit.h"

namespace cb::io {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(TextListenerTest, ALineIsAnsweredAndTheConnectionClosed) {
  start();
  answer_everything();
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
  EXPECT_EQ(ask("\r\n"), "198.51.100.7\n");
  EXPECT_EQ(ask("PING 198.51.100.7\r\n"), "OK\n");
  EXPECT_EQ(ask("nonsense\n"), "ERROR: Unknown command\n");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, AHalfCloseEndsALineAndTheCallerStillWaits) {
  start();
  TestClient client(address, "GET_WORKER");
  client.half_close();
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  run_what_is_ready();
  EXPECT_TRUE(broker.gone.empty());
  listener->reply(broker.asked[0].caller, core::WorkerAddress{"198.51.100.7"});
  ASSERT_TRUE(run_until([&] { return client.ended(); }));
  EXPECT_EQ(client.read(), "198.51.100.7\n");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, ReleaseWithoutNewlineFollowedByACloseIsDone) {
  start();
  answer_everything();
  TestClient client(address, "RELEASE 198.51.100.7");
  client.close();
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  EXPECT_EQ(std::get<core::Release>(broker.asked[0].request).address, "198.51.100.7");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, SilenceEndsALineWithoutNewlineThoughSomebodyElseHasHoursLeft) {
  options.text.limits.silence = milliseconds{20};
  options.text.limits.first_command = hours{2};
  start();
  answer_everything();
  const TestClient patient(address);
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1; }));
  EXPECT_EQ(ask("GET_WORKER"), "198.51.100.7\n");
}

TEST_F(TextListenerTest, ConnectionsWithoutAByteAskForNothing) {
  start();
  for (int i = 0; i < 5; ++i) TestClient(address).close();
  for (int i = 0; i < 5; ++i) TestClient(address).reset();
  TestClient half(address);
  half.half_close();
  ASSERT_TRUE(run_until([&] { return half.ended(); }));
  EXPECT_EQ(half.read(), "");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
  EXPECT_TRUE(broker.asked.empty());
}

TEST_F(TextListenerTest, AResetWhileWaitingLosesTheCallerAndItsAnswerIsIgnored) {
  start();
  TestClient client(address, "GET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  client.reset();
  ASSERT_TRUE(run_until([&] { return broker.gone.size() == 1; }));
  EXPECT_EQ(broker.gone[0], broker.asked[0].caller);
  EXPECT_EQ(listener->connections(), 0U);
  TestClient next(address, "GET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 2; }));
  listener->reply(broker.asked[0].caller, core::WorkerAddress{"203.0.113.1"});
  listener->reply(broker.asked[1].caller, core::WorkerAddress{"198.51.100.7"});
  ASSERT_TRUE(run_until([&] { return next.ended(); }));
  EXPECT_EQ(next.read(), "198.51.100.7\n");
}

TEST_F(TextListenerTest, AResetAfterAHalfCloseLosesTheCallerToo) {
  start();
  TestClient client(address, "GET_WORKER\n");
  client.half_close();
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  run_what_is_ready();
  client.reset();
  EXPECT_TRUE(run_until([&] { return broker.gone.size() == 1; }));
}

TEST_F(TextListenerTest, AResetWithAnUnfinishedLineDoesNothing) {
  start();
  TestClient client(address, "RELEASE 198.51.100.7");
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1; }));
  client.reset();
  ASSERT_TRUE(run_until([&] { return listener->connections() == 0; }));
  EXPECT_TRUE(broker.asked.empty());
}

TEST_F(TextListenerTest, ACompleteLineInFrontOfAResetIsDone) {
  start();
  TestClient client(address);
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1; }));
  client.send("RELEASE 198.51.100.7\n");
  client.reset();
  ASSERT_TRUE(run_until([&] { return listener->connections() == 0 && !broker.gone.empty(); }));
  ASSERT_EQ(broker.asked.size(), 1U);
  EXPECT_EQ(broker.gone, std::vector{broker.asked[0].caller});
}

TEST_F(TextListenerTest, AFailedWriteLosesTheCallerOfAConnectionThatStays) {
  start();
  TestClient client(address, "HELLO 2\nGET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  client.close();  // with the greeting unread: what is written next is answered by a reset
  ASSERT_TRUE(run_until([&] {
    listener->tell(broker.asked[0].caller, {core::Progress::Phase::kPending, "pending"});
    return broker.gone.size() == 1;
  }));
  EXPECT_EQ(broker.gone[0], broker.asked[0].caller);
}

TEST_F(TextListenerTest, ALineMayComeByteByByte) {
  start();
  answer_everything();
  TestClient client(address);
  for (const char c : std::string("PING 198.51.100.7\n")) {
    EXPECT_EQ(client.send(std::string(1, c)), 1U);
    run_what_is_ready();
  }
  ASSERT_TRUE(run_until([&] { return client.ended(); }));
  EXPECT_EQ(client.read(), "OK\n");
}

TEST_F(TextListenerTest, TwoCommandsInOneSegmentAreOneCommand) {
  start();
  answer_everything();
  EXPECT_EQ(ask("PING 198.51.100.7\nTERMINATE_ALL\n"), "OK\n");
  EXPECT_EQ(broker.asked.size(), 1U);
}

TEST_F(TextListenerTest, BinaryIsABadRequest) {
  start();
  EXPECT_EQ(ask(std::string("\x16\x03\x01\x00\xa5\x01", 6)), "ERROR: Bad request\n");
  EXPECT_EQ(ask("\xff\xfe\n"), "ERROR: Bad request\n");
  EXPECT_TRUE(broker.asked.empty());
}

TEST_F(TextListenerTest, TenMegabytesWithoutNewlineCostNothingAndOthersAreServed) {
  start();
  answer_everything();
  TestClient client(address);
  std::size_t sent = 0;
  const std::string piece(64 * 1024, 'x');
  ASSERT_TRUE(run_until([&] {
    sent += client.send(piece);
    return client.was_reset() || client.ended() || sent > 10'000'000;
  }));
  EXPECT_LT(sent, 10'000'000U);
  EXPECT_EQ(ask("PING 1\n"), "OK\n");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
  EXPECT_EQ(broker.asked.size(), 1U);
}

TEST_F(TextListenerTest, AnAnswerIsNotDestroyedByBytesThatFollowTheCommand) {
  start();
  TestClient client(address, "PING 1\n" + std::string(8'000, 'x'));
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  EXPECT_EQ(client.send(std::string(20'000, 'y')), 20'000U);
  listener->reply(broker.asked[0].caller, core::Ok{});
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1 && client.ended(); }));
  EXPECT_EQ(client.send(std::string(20'000, 'z')), 20'000U);
  run_what_is_ready();
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(client.read(), "OK\n");
  client.close();
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, AClientThatNeverClosesIsClosedAfterTheLinger) {
  options.text.limits.linger = milliseconds{30};
  start();
  answer_everything();
  TestClient client(address, "PING 1\n");
  ASSERT_TRUE(run_until([&] { return client.ended(); }));
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, AClientThatNeverReadsIsCutAndOthersAreServed) {
  options.text.limits.write_stall = milliseconds{100};
  start();
  broker.on_asked = [this](const core::Asked& asked) {
    core::StatusRows rows;
    if (std::holds_alternative<core::ShowStatus>(asked.request)) rows.rows.resize(100'000);
    listener->reply(asked.caller, rows);
  };
  TestClient deaf(address, "STATUS\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  EXPECT_EQ(ask("PING 1\n"), "[]\n");
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, WhoEndsAWorkerIsKnownByHisAddressAndTheNameHeGave) {
  start();
  answer_everything();
  ask("RELEASE 198.51.100.7\n");
  TestClient named(address, "HELLO 2 client=rig-3\nTERMINATE_ALL\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 2; }));
  EXPECT_EQ(to_string(broker.asked[0].origin), "a client at 127.0.0.1");
  EXPECT_EQ(to_string(broker.asked[1].origin), "rig-3 at 127.0.0.1");
}

TEST_F(TextListenerTest, ALongAnswerComesWholeToAClientThatReadsSlowly) {
  start();
  broker.on_asked = [this](const core::Asked& asked) {
    core::StatusRows rows;
    rows.rows.resize(30'000);
    listener->reply(asked.caller, rows);
  };
  const std::string answer = ask("STATUS\n");
  EXPECT_GT(answer.size(), 4'000'000U);
  EXPECT_TRUE(answer.ends_with("}]\n"));
}

TEST_F(TextListenerTest, ASilentClientIsClosedAfterItsTime) {
  options.text.limits.first_command = milliseconds{30};
  start();
  TestClient silent(address);
  TestClient unfinished(address, "STATUS");
  ASSERT_TRUE(run_until([&] { return silent.ended() && unfinished.ended(); }));
  EXPECT_EQ(silent.read(), "");
  EXPECT_THAT(unfinished.read(), StartsWith("ERROR: Bad request: no complete command"));
}

TEST_F(TextListenerTest, FiveThousandSilentConnectionsHoldUpNobody) {
  if (!have_descriptors(11'000)) GTEST_SKIP() << "ulimit -Hn is below 11000";
  start();
  answer_everything();
  std::vector<TestClient> silent;
  for (int i = 0; i < 5'000; ++i) {
    silent.emplace_back(address);
    if (i % 500 == 0) run_what_is_ready();
  }
  ASSERT_TRUE(run_until([&] { return listener->connections() == 5'000; }));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
}

TEST_F(TextListenerTest, AThousandWaitingCallersAreAllAnswered) {
  if (!have_descriptors(3'000)) GTEST_SKIP() << "ulimit -Hn is below 3000";
  start();
  std::vector<TestClient> clients;
  for (int i = 0; i < 1'000; ++i) clients.emplace_back(address, "GET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == clients.size(); }));
  for (const auto& asked : broker.asked) {
    listener->reply(asked.caller, core::WorkerAddress{str("n", asked.caller.value)});
  }
  for (auto& client : clients) {
    ASSERT_TRUE(run_until([&] { return client.ended(); }));
    EXPECT_THAT(client.read(), StartsWith("n"));
    client.close();
  }
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
}

TEST_F(TextListenerTest, ProtocolTwoKeepsTheConnectionAndAnswersInOrder) {
  options.text.version = "1.2.3";
  start();
  answer_everything();
  TestClient client(address, "HELLO 2\nGET_WORKER\nPING 1\n");
  const std::string all = "OK compute-broker 1.2.3 protocol 2\n198.51.100.7\nOK\n";
  ASSERT_TRUE(run_until([&] { return client.read() == all; }));
  client.send("PING 2\n");
  ASSERT_TRUE(run_until([&] { return client.read() == all + "OK\n"; }));
  EXPECT_FALSE(client.ended());
  client.half_close();
  EXPECT_TRUE(run_until([&] { return client.ended(); }));
}

TEST_F(TextListenerTest, ThousandsOfPipelinedCommandsAreAllAnswered) {
  start();
  answer_everything();
  TestClient client(address, "HELLO 2\n");
  std::string to_send;
  for (int i = 0; i < 5'000; ++i) to_send += "PING 198.51.100.7\n";
  const auto answers = [&] {
    return std::count(client.read().begin(), client.read().end(), '\n') - 1;
  };
  ASSERT_TRUE(run_until([&] {
    to_send.erase(0, client.send(to_send));
    return answers() == 5'000;
  }));
}

TEST_F(TextListenerTest, ProgressReachesAWaitingClientBeforeItsAnswer) {
  start();
  TestClient client(address, "HELLO 2\nGET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  listener->tell(broker.asked[0].caller, {core::Progress::Phase::kPending, "pending i-0abc"});
  ASSERT_TRUE(run_until([&] { return client.read().ends_with("# pending i-0abc\n"); }));
  listener->reply(broker.asked[0].caller, core::WorkerAddress{"198.51.100.7"});
  EXPECT_TRUE(run_until([&] { return client.read().ends_with("abc\n198.51.100.7\n"); }));
}

TEST_F(TextListenerTest, ConnectionsThatStayAreKeptAlive) {
  start();
  TestClient client(address, "HELLO 2\n");
  ASSERT_TRUE(run_until([&] { return client.read().ends_with("protocol 2\n"); }));
  // The server's end of the connection is the socket whose peer is the client.
  Endpoint mine = bound_to(client.fd());
  int kept = -1;
  for (int fd = 3; fd < 200 && kept < 0; ++fd) {
    Endpoint peer{{}, sizeof(sockaddr_storage)};
    auto* const to = reinterpret_cast<sockaddr*>(&peer.address);
    if (::getpeername(fd, to, &peer.size) == 0 && to_string(peer) == to_string(mine)) kept = fd;
  }
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(::getsockopt(kept, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
  EXPECT_NE(on, 0);
}

// Both give their first client the same slot and serial number.
TEST_F(TextListenerTest, EachOfTwoListenersOfABrokerAnswersItsOwnCallers) {
  start();
  options.source = 1;
  TextListener second(io, options, now, loop, broker);
  ASSERT_TRUE(second.doors().listen({"127.0.0.1:0"}));
  driver::ReplyRouter replies;
  replies.add(0, *listener);
  replies.add(1, second);
  TestClient one(address, "GET_WORKER\n");
  TestClient other(second.doors().addresses().front(), "GET_WORKER\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 2; }));
  for (const core::Asked& asked : broker.asked) {
    const int source = source_of(asked.caller);
    replies.tell(asked.caller, {core::Progress::Phase::kPending, "pending"});
    replies.reply(asked.caller, core::WorkerAddress{str("198.51.100.", source)});
  }
  ASSERT_TRUE(run_until([&] { return one.ended() && other.ended(); }));
  EXPECT_EQ(one.read(), "198.51.100.0\n");
  EXPECT_EQ(other.read(), "198.51.100.1\n");
}

TEST_F(TextListenerTest, AConnectionOfProtocol3IsNamedIsToldAndIsMissedWhenItEnds) {
  options.source = 3;
  start();
  answer_everything();
  TestClient client(address, "HELLO 3\nGET_WORKER\nPING 198.51.100.7\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 2; }));
  const ConnectionId id = broker.asked[0].connection;
  EXPECT_EQ(source_of(id), 3);
  EXPECT_EQ(broker.asked[1].connection, id);
  listener->notify(id, {"198.51.100.7", "ended idle 900 s"});
  EXPECT_TRUE(
      run_until([&] { return client.read().ends_with("NOTICE 198.51.100.7 ended idle 900 s\n"); }));
  EXPECT_TRUE(broker.lost.empty());
  client.reset();
  EXPECT_TRUE(run_until([&] { return broker.lost == std::vector{id}; }));
  listener->notify(id, {"198.51.100.7", "ended"});  // nobody is there any more
}

TEST_F(TextListenerTest, AConnectionOfAnotherProtocolHoldsNoLease) {
  start();
  answer_everything();
  TestClient client(address, "HELLO 2\nGET_WORKER\n");
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 2; }));
  client.close();
  EXPECT_TRUE(run_until([&] { return listener->connections() == 0; }));
  for (const core::Asked& asked : broker.asked) EXPECT_TRUE(asked.connection.none());
  EXPECT_TRUE(broker.lost.empty());
}

}  // namespace
}  // namespace cb::io
