#include <gmock/gmock.h>
#include <sys/resource.h>

#include "io/text/text_listener.h"
#include "io/text/text_listener_test_kit.h"

namespace cb::io {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(TextListenerTest, BeyondTheLimitAClientIsToldAndLaterClientsAreServed) {
  options.doors.max_connections = 3;
  start();
  answer_everything();
  std::vector<TestClient> silent;
  for (int i = 0; i < 3; ++i) silent.emplace_back(address);
  ASSERT_TRUE(run_until([&] { return listener->connections() == 3; }));
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(ask("GET_WORKER\n"), "ERROR: too many connections\n");
  }
  EXPECT_TRUE(broker.asked.empty());
  ASSERT_EQ(broker.logged.size(), 1U) << "said once";
  EXPECT_THAT(broker.logged[0].text, HasSubstr("max_connections 3"));
  silent.clear();
  ASSERT_TRUE(run_until([&] { return listener->connections() == 0; }));
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
}

TEST_F(TextListenerTest, RefusedClientsThatStayAreBoundedToo) {
  if (!have_descriptors(1'000)) GTEST_SKIP() << "ulimit -Hn is below 1000";
  options.doors.max_connections = 1;
  start();
  std::vector<TestClient> clients;
  for (int i = 0; i < 300; ++i) clients.emplace_back(address);
  ASSERT_TRUE(run_until([&] {
    std::size_t told = 0;
    for (auto& client : clients) told += client.read() == "ERROR: too many connections\n";
    return told == 299;
  }));
  EXPECT_LE(listener->connections(), 65U);
}

// Kernel buffers take some MiB of a client's answers first: long answers get past them.
TEST_F(TextListenerTest, ClientsThatReadNothingAreClosedBeforeTheyHoldMoreThanAllMay) {
  options.client_memory_mib = 1;
  start();
  broker.on_asked = [this](const core::Asked& asked) {
    const bool get = std::holds_alternative<core::GetWorker>(asked.request);
    listener->reply(asked.caller, get ? core::Answer{core::WorkerAddress{"198.51.100.7"}}
                                      : core::Answer{core::Refused{core::RefusalReason::kCloud,
                                                                   std::string(1000, 'x')}});
  };
  std::vector<TestClient> greedy;
  for (int i = 0; i < 40; ++i) greedy.emplace_back(address, "HELLO 2\n");
  std::string many;
  for (int i = 0; i < 500; ++i) many += "STATUS\n";
  std::size_t most = 0;
  ASSERT_TRUE(run_until([&] {
    for (TestClient& client : greedy) client.send(many);
    most = std::max(most, listener->bytes_held());
    return !broker.logged.empty();
  }));
  EXPECT_THAT(broker.logged[0].text, HasSubstr("client_memory_mib 1"));
  EXPECT_LT(most, (1024U + 40 * 4) * 1024);
  EXPECT_GT(most, 512U * 1024) << "who is slow is not closed without need";
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
  for (TestClient& client : greedy) client.close();
  ASSERT_TRUE(run_until([&] { return listener->connections() == 0; }));
  EXPECT_EQ(listener->bytes_held(), 0U);
}

TEST_F(TextListenerTest, AnAddressThatIsNotAllowedIsToldWhichKeyToSet) {
  options.doors.allow = *AllowList::parse({"192.0.2.0/24"});
  start();
  EXPECT_EQ(ask("GET_WORKER\n"),
            "ERROR: 127.0.0.1 may not use this broker; add it to allow in the broker's "
            "configuration\n");
  EXPECT_TRUE(broker.asked.empty());
  listener->doors().set_allow(*AllowList::parse({"127.0.0.0/8"}));
  answer_everything();
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
}

TEST_F(TextListenerTest, SeveralAddressesAreListenedOnOrNone) {
  start();
  answer_everything();
  TextListener second(io, options, now, loop, broker);
  const Status taken = second.doors().listen({"127.0.0.2:0", address});
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().what, StartsWith("cannot listen on " + address));
  EXPECT_TRUE(second.doors().addresses().empty());
  ASSERT_TRUE(second.doors().listen({"127.0.0.2:0", "127.0.0.3:0"}));
  for (const std::string& each : second.doors().addresses()) {
    TestClient client(each, "nonsense\n");
    EXPECT_TRUE(run_until([&] { return client.read() == "ERROR: Unknown command\n"; })) << each;
  }
}

// Takes all descriptors but `left` away from the process while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(int left) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(0));
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(next.get() + left);
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(TextListenerTest, LackOfDescriptorsPausesAcceptingAndNeverSpins) {
  start();
  answer_everything();
  // A sanitizer that meets a kind of object for the first time needs a descriptor of its own, so
  // everything is met before, and nothing is asserted while there is none.
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
  port::LogSink* volatile log = &broker;
  log->write({});
  broker.logged.clear();
  std::vector<TestClient> clients;
  for (int i = 0; i < 8; ++i) clients.emplace_back(address, "GET_WORKER\n");
  bool told = false;
  std::size_t handlers = 0;
  {
    const FewDescriptors none(0);
    told = run_until([&] { return !broker.logged.empty(); });
    handlers = io.run_for(5 * options.doors.accept_pause);
  }
  ASSERT_TRUE(told);
  EXPECT_THAT(broker.logged[0].text, HasSubstr("raise the descriptor limit"));
  EXPECT_EQ(broker.logged.size(), 1U) << "said once";
  EXPECT_LT(handlers, 50U) << "each of five pauses costs a few handlers, a spinning loop thousands";
  for (auto& client : clients) {
    ASSERT_TRUE(run_until([&] { return client.ended(); }));
    EXPECT_EQ(client.read(), "198.51.100.7\n");
  }
}

TEST_F(TextListenerTest, ConnectionsLeaveDescriptorsForTheRest) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  ASSERT_GE(limit.rlim_cur, 1024U);
  EXPECT_EQ(default_max_connections(), limit.rlim_cur - 256);
  EXPECT_EQ(largest_max_connections(), limit.rlim_cur - 160);
}

TEST_F(TextListenerTest, AnIdleListenerDoesNotWakeUp) {
  start();
  answer_everything();
  EXPECT_EQ(ask("GET_WORKER\n"), "198.51.100.7\n");
  TestClient waiting(address, "HELLO 2\n");
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1; }));
  io.run_for(seconds{1} + milliseconds{50});  // the timer of the first one's linger
  EXPECT_EQ(io.run_for(milliseconds{300}), 0U);
}

TEST_F(TextListenerTest, StoppingTellsWhoWaitsAndClosesTheRest) {
  start();
  TestClient waiting(address, "GET_WORKER\n");
  TestClient unfinished(address, "GET_WOR");
  TestClient silent(address);
  TestClient idle(address, "HELLO 2\n");
  ASSERT_TRUE(run_until([&] { return listener->connections() == 4 && !broker.asked.empty(); }));
  bool done = false;
  listener->finish(seconds{10}, [&] { done = true; });
  const auto all_ended = [&] {
    return waiting.ended() && unfinished.ended() && silent.ended() && idle.ended();
  };
  ASSERT_TRUE(run_until(all_ended));
  const std::string stopping = "ERROR: the broker is stopping; ask again when it is back\n";
  EXPECT_EQ(waiting.read(), stopping);
  EXPECT_EQ(unfinished.read(), stopping);
  EXPECT_EQ(silent.read(), "");
  EXPECT_EQ(idle.read(), "OK compute-broker  protocol 2\n");
  ASSERT_TRUE(run_until([&] { return !broker.gone.empty(); }));
  EXPECT_EQ(broker.gone, std::vector{broker.asked[0].caller});
  for (auto* client : {&waiting, &unfinished, &silent, &idle}) client->close();
  EXPECT_TRUE(run_until([&] { return done; }));
}

TEST_F(TextListenerTest, StoppingEndsWithinItsLimitThoughAClientReadsNothing) {
  start();
  TestClient deaf(address, "STATUS\n");
  ASSERT_TRUE(run_until([&] { return broker.asked.size() == 1; }));
  core::StatusRows rows;
  rows.rows.resize(100'000);
  listener->reply(broker.asked[0].caller, rows);
  bool done = false;
  listener->finish(milliseconds{50}, [&] { done = true; });
  ASSERT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(listener->connections(), 0U);
}

TEST_F(TextListenerTest, WhoHasConnectedBeforeTheDoorClosesIsServed) {
  if (!have_descriptors(2'000)) GTEST_SKIP() << "ulimit -Hn is below 2000";
  start();
  answer_everything();
  std::vector<TestClient> clients;
  for (int i = 0; i < 3 * Acceptor::kAcceptsATurn; ++i) clients.emplace_back(address, "PING 1\n");
  listener->doors().stop();
  for (TestClient& client : clients) {
    ASSERT_TRUE(run_until([&] { return client.ended() || client.was_reset(); }));
    EXPECT_EQ(client.read(), "OK\n");
  }
}

TEST_F(TextListenerTest, StoppingWithoutClientsIsDoneAtOnceButNotInsideTheCall) {
  start();
  bool done = false;
  listener->finish(seconds{10}, [&] { done = true; });
  EXPECT_FALSE(done);
  EXPECT_TRUE(run_until([&] { return done; }));
}

TEST_F(TextListenerTest, AfterStandingStillEveryoneWhoHasSpokenIsReadAtOnceWhateverTheirNumber) {
  if (!have_descriptors(3'000)) GTEST_SKIP() << "ulimit -Hn is below 3000";
  options.doors.max_connections = 1000;
  start();
  std::vector<TestClient> kept;
  for (int i = 0; i < 350; ++i) kept.emplace_back(address, "HELLO 2\n");
  ASSERT_TRUE(run_until([&] { return kept.back().read() != ""; }));
  ASSERT_TRUE(run_until([&] { return listener->connections() == kept.size(); }));
  run_what_is_ready();
  for (TestClient& client : kept) client.send("PING 198.51.100.7\n");
  std::vector<TestClient> fresh;
  for (int i = 0; i < 300; ++i) fresh.emplace_back(address, "PING 198.51.100.7\n");
  listener->read_what_waits();
  EXPECT_EQ(broker.events.size(), 650U) << "before the broker has its turn";
}

TEST_F(TextListenerTest, WhoHasSpokenInTimeIsHeardThoughTheLoopComesLate) {
  options.text.limits.first_command = milliseconds{30};
  start();
  answer_everything();
  TestClient client(address);
  ASSERT_TRUE(run_until([&] { return listener->connections() == 1; }));
  client.send("PING 198.51.100.7\n");
  const Instant late = now().boot + milliseconds{60};
  while (now().boot < late) {  // the process stands still
  }
  ASSERT_TRUE(run_until([&] { return client.ended(); }));
  EXPECT_EQ(client.read(), "OK\n");
}

}  // namespace
}  // namespace cb::io
