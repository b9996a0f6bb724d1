#include "app/client/broker_client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <thread>

#include "app/client/answer_tables.h"
#include "app/client/client_options.h"
#include "base/text.h"

namespace cb::app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A broker that plays one script a connection: reads a line, sends an answer.
class ScriptedBroker {
 public:
  struct Exchange {
    std::string expect;
    std::string answer;
  };
  using Script = std::vector<Exchange>;
  using Scripts = std::vector<Script>;

  explicit ScriptedBroker(Scripts scripts) : scripts_(std::move(scripts)) {
    door_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&any);
    EXPECT_EQ(::bind(door_.get(), address, sizeof any), 0);
    EXPECT_EQ(::listen(door_.get(), 8), 0);
    socklen_t size = sizeof any;
    EXPECT_EQ(::getsockname(door_.get(), address, &size), 0);
    options.broker = str("127.0.0.1:", ntohs(any.sin_port));
    options.answer_timeout = seconds{10};
    thread_ = std::thread([this] { play(); });
  }
  ~ScriptedBroker() {
    ::shutdown(door_.get(), SHUT_RDWR);
    thread_.join();
  }

  BrokerOptions options;

 private:
  void play() {
    for (const Script& script : scripts_) {
      const io::UniqueFd client(::accept(door_.get(), nullptr, nullptr));
      if (!client) return;
      const timeval patience{10, 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      for (const Exchange& exchange : script) {
        EXPECT_EQ(read_line(client.get()), exchange.expect);
        ::send(client.get(), exchange.answer.data(), exchange.answer.size(), MSG_NOSIGNAL);
      }
      ::shutdown(client.get(), SHUT_WR);
      while (!read_line(client.get()).empty()) {
      }
    }
  }
  static std::string read_line(int fd) {
    std::string line;
    for (char c = 0; ::recv(fd, &c, 1, 0) == 1 && c != '\n';) line += c;
    return line;
  }

  Scripts scripts_;
  io::UniqueFd door_;
  std::thread thread_;
};

// What `body` fails with.
Failure failure_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return failure;
  }
  return {kOk, ""};
}

void ignore(const std::string&) {}

TEST(BrokerClient, GetSpeaksProtocolTwoAndTellsThePhases) {
  ScriptedBroker broker(ScriptedBroker::Scripts{
      {{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"},
       {"GET_WORKER wait=61", "# launching c7i\n# booting i-1 3s\n198.51.100.7\n"}}});
  std::vector<std::string> phases;
  const auto tell = [&](const std::string& phase) {
    if (!phase.empty()) phases.push_back(phase);
  };
  EXPECT_EQ(get_workers(broker.options, {.wait = milliseconds{60'001}, .client = "rig"}, tell)
                .workers.front()
                .address,
            "198.51.100.7");
  EXPECT_THAT(phases, ElementsAre("launching c7i", "booting i-1 3s"));
}

TEST(BrokerClient, GetFallsBackToProtocolOne) {
  ScriptedBroker broker(ScriptedBroker::Scripts{
      {{"HELLO 2 client=rig", "ERROR: Unknown command\n"}}, {{"GET_WORKER", "198.51.100.7\r\n"}}});
  EXPECT_EQ(get_workers(broker.options, {.wait = seconds{9}, .client = "rig"}, ignore)
                .workers.front()
                .address,
            "198.51.100.7");
}

TEST(BrokerClient, GetSaysWhichPoolAndHowManyCores) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"},
                               {"GET_WORKER wait=9 pool=big cores=64", "198.51.100.7\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .pool = "big", .cores = 64};
  EXPECT_EQ(get_workers(broker.options, wanted, ignore).workers.front().address, "198.51.100.7");
}

constexpr const char* kNoThird =
    "ERROR: Bad request: only protocol 2 has a greeting; say HELLO 2\n";

TEST(BrokerClient, GetSaysWhatElseIsAskedForAndReadsSeveralWorkers) {
  ScriptedBroker broker(ScriptedBroker::Scripts{
      {{"HELLO 3 client=rig", "OK compute-broker 1 protocol 3\n"},
       {"GET_WORKER wait=9 type=c6i.large region=eu-west-1 market=spot count=2 exclusive=1",
        "198.51.100.7 lease=k3x2q2mwa7bdf 198.51.100.8 lease=abcdefghijklm\n"}}});
  const WorkerWanted wanted{.wait = seconds{9},
                            .client = "rig",
                            .type = "c6i.large",
                            .region = "eu-west-1",
                            .market = "spot",
                            .count = 2,
                            .alone = true};
  const WorkersGiven given = get_workers(broker.options, wanted, ignore);
  ASSERT_EQ(given.workers.size(), 2u);
  EXPECT_EQ(given.workers[1].address, "198.51.100.8");
  EXPECT_EQ(given.workers[1].lease, "abcdefghijklm");
}

TEST(BrokerClient, WhereThereAreNoLeasesNothingIsExclusive) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 3 client=rig", kNoThird}},
                              {{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .alone = true};
  const Failure failure = failure_of([&] { get_workers(broker.options, wanted, ignore); });
  EXPECT_EQ(failure.exit_code, kRefused);
  EXPECT_THAT(failure.what, HasSubstr("ask it without --exclusive"));
}

TEST(BrokerClient, WithALeaseItSpeaksProtocolThreeAndKeepsTheConnection) {
  ScriptedBroker broker(ScriptedBroker::Scripts{
      {{"HELLO 3 client=rig", "OK compute-broker 1 protocol 3\n"},
       {"GET_WORKER wait=9 hold=20m", "198.51.100.7 lease=k3x2q2mwa7bdf\n"},
       {"PING 198.51.100.7 lease=k3x2q2mwa7bdf", "NOTICE 198.51.100.7 ended idle\nOK\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .hold = minutes{20}};
  WorkersGiven given = get_workers(broker.options, wanted, ignore);
  EXPECT_EQ(given.workers.front().address, "198.51.100.7");
  EXPECT_EQ(given.workers.front().lease, "k3x2q2mwa7bdf");
  ASSERT_TRUE(given.connection);
  std::vector<std::string> notices;
  const auto tell = [&](const std::string& notice) { notices.push_back(notice); };
  EXPECT_EQ(
      ask_on(*given.connection, broker.options, "PING 198.51.100.7 lease=k3x2q2mwa7bdf", tell),
      "OK");
  EXPECT_THAT(notices, ElementsAre("198.51.100.7 ended idle"));
}

TEST(BrokerClient, WhereThereAreNoLeasesItGetsAWorkerWithoutOne) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 3 client=rig", kNoThird}},
                              {{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"},
                               {"GET_WORKER wait=9", "198.51.100.7\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .leased = true};
  const WorkersGiven given = get_workers(broker.options, wanted, ignore);
  EXPECT_EQ(given.workers.front().address, "198.51.100.7");
  EXPECT_EQ(given.workers.front().lease, "");
}

TEST(BrokerClient, WhereThereAreNoLeasesNothingIsHeld) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 3 client=rig", kNoThird}},
                              {{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .hold = minutes{20}};
  const Failure failure = failure_of([&] { get_workers(broker.options, wanted, ignore); });
  EXPECT_EQ(failure.exit_code, kRefused);
  EXPECT_THAT(failure.what, HasSubstr("ask it without --hold"));
}

TEST(BrokerClient, ABrokerWithoutPoolsIsNotAskedForOne) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 2 client=rig", "ERROR: Unknown command\n"}}});
  const WorkerWanted wanted{.wait = seconds{9}, .client = "rig", .cores = 64};
  const Failure failure = failure_of([&] { get_workers(broker.options, wanted, ignore); });
  EXPECT_EQ(failure.exit_code, kRefused);
  EXPECT_THAT(failure.what, HasSubstr("which has no pools"));
}

TEST(BrokerClient, ARefusedGetFailsWithTheBrokersSentence) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 2 client=rig", "OK compute-broker 1 protocol 2\n"},
                               {"GET_WORKER wait=9", "ERROR: no capacity for pool default\n"}}});
  const Failure failure = failure_of(
      [&] { get_workers(broker.options, {.wait = seconds{9}, .client = "rig"}, ignore); });
  EXPECT_EQ(failure.exit_code, kRefused);
  EXPECT_EQ(failure.what, "no capacity for pool default");
}

TEST(BrokerClient, ARefusalAtTheDoorIsNoReasonToTryAgain) {
  ScriptedBroker broker(
      ScriptedBroker::Scripts{{{"HELLO 2 client=rig", "ERROR: too many connections\n"}}});
  const Failure failure = failure_of(
      [&] { get_workers(broker.options, {.wait = seconds{9}, .client = "rig"}, ignore); });
  EXPECT_EQ(failure.exit_code, kRefused);
  EXPECT_EQ(failure.what, "too many connections");
}

TEST(BrokerClient, AnAddressCutShortIsNoAddress) {
  ScriptedBroker broker(ScriptedBroker::Scripts{{{"STATUS", "198.51.10"}}});
  const Failure failure = failure_of([&] { ask_broker(broker.options, "STATUS"); });
  EXPECT_EQ(failure.exit_code, kUnreachable);
  EXPECT_THAT(failure.what, HasSubstr("closed the connection without an answer"));
}

TEST(BrokerClient, SilenceEndsAtTheTimeLimit) {
  ScriptedBroker broker(ScriptedBroker::Scripts{{{"STATUS", ""}, {"", ""}}});
  broker.options.answer_timeout = milliseconds{50};
  const Failure failure = failure_of([&] { ask_broker(broker.options, "STATUS"); });
  EXPECT_EQ(failure.exit_code, kTimedOut);
  EXPECT_THAT(failure.what, AllOf(HasSubstr("STATUS"), HasSubstr("50ms")));
}

TEST(BrokerClient, ABrokerThatIsNotThereIsNamedWithWhatToDo) {
  BrokerOptions options;
  {
    ScriptedBroker gone(ScriptedBroker::Scripts{});
    options = gone.options;
  }
  const Failure failure = failure_of([&] { ask_broker(options, "STATUS"); });
  EXPECT_EQ(failure.exit_code, kUnreachable);
  EXPECT_THAT(failure.what, AllOf(HasSubstr(options.broker), HasSubstr("Connection refused"),
                                  HasSubstr("--broker")));
}

TEST(BrokerClient, AddressesOfBrokersAreRead) {
  const auto text = [](const char* given) { return parse_broker_address(given)->text(); };
  EXPECT_EQ(text("lab:9001"), "lab:9001");
  EXPECT_EQ(text("lab"), "lab:9000");
  EXPECT_EQ(text("[::1]:9001"), "[::1]:9001");
  EXPECT_EQ(text("[::1]"), "[::1]:9000");
  for (const char* wrong : {"", ":9000", "lab:", "lab:0", "lab:65536", "lab:x", "::1", "[::1",
                            "[::1]9", "lab server", " lab:9000"}) {
    EXPECT_FALSE(parse_broker_address(wrong)) << wrong;
  }
}

TEST(AnswerTables, StatusIsATable) {
  EXPECT_EQ(
      status_table(R"([{"instance_id":"i-0abc","ip":"198.51.100.7","idle_seconds":72,)"
                   R"("busy":true,"will_terminate_in":null,"instance_type":"c7i.16xlarge",)"
                   R"("market":"spot","zone":"us-east-1b","handed_out":3,"leases":[{},{}]}])"),
      "ADDRESS       INSTANCE  TYPE          MARKET  ZONE        IDLE   BUSY  ENDS IN  HANDED "
      "OUT  LEASES\n"
      "198.51.100.7  i-0abc    c7i.16xlarge  spot    us-east-1b  1m12s  yes   -        3           "
      "2");
  EXPECT_EQ(status_table("[]"), "no workers");
}

TEST(AnswerTables, AnOlderBrokersFieldsAreEnough) {
  EXPECT_THAT(list_table(R"([{"instance_id":"i-1","instance_type":"t","ip":"pending",)"
                         R"("launch_time":"2026-11-23T10:00:00+00:00","state":"pending"}])"),
              HasSubstr("pending  i-1       t     -       -     pending"));
}

TEST(AnswerTables, TerminatedInstancesAreListed) {
  EXPECT_THAT(terminated_ids(R"({"terminated":["i-1","i-2"]})"), ElementsAre("i-1", "i-2"));
  EXPECT_THAT(terminated_ids(R"({"message":"No workers to terminate"})"), IsEmpty());
}

TEST(AnswerTables, AnErrorOrNonsenseIsAFailure) {
  EXPECT_EQ(failure_of([] { list_table(R"({"error":"EC2 cannot be asked"})"); }).what,
            "EC2 cannot be asked");
  EXPECT_EQ(failure_of([] { status_table("SSH-2.0-OpenSSH"); }).exit_code, kRefused);
  EXPECT_EQ(failure_of([] { status_table("42"); }).exit_code, kRefused);
}

}  // namespace
}  // namespace cb::app
