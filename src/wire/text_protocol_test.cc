#include "wire/text_protocol.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cb::wire {
namespace {

template <class T>
std::optional<T> asked(std::string_view line) {
  const Command command = parse_command(line);
  const auto* request = std::get_if<core::Request>(&command);
  if (request == nullptr || !std::holds_alternative<T>(*request)) return {};
  return std::get<T>(*request);
}

std::string refusal(std::string_view line) {
  const Command command = parse_command(line);
  const auto* bad = std::get_if<BadLine>(&command);
  return bad == nullptr ? "(accepted)" : bad->answer;
}

TEST(TextProtocol, EveryCommandIsRecognizedWithBlanksAround) {
  for (const std::string_view line : {"", " ", "\r", "\t \r", "GET_WORKER", "  GET_WORKER \r"}) {
    EXPECT_TRUE(asked<core::GetWorker>(line)) << line;
  }
  EXPECT_EQ(asked<core::Ping>(" PING  198.51.100.7 \r").value().address, "198.51.100.7");
  EXPECT_EQ(asked<core::Release>("RELEASE 198.51.100.7").value().address, "198.51.100.7");
  EXPECT_TRUE(asked<core::ShowStatus>("STATUS"));
  EXPECT_FALSE(asked<core::ShowStatus>("STATUS")->everything);
  EXPECT_TRUE(asked<core::ShowStatus>("STATUS all")->everything);
  EXPECT_TRUE(asked<core::ListAll>("LIST_ALL\r"));
  EXPECT_TRUE(asked<core::TerminateAll>("TERMINATE_ALL"));
}

TEST(TextProtocol, WordsAfterTheAddressAreIgnored) {
  EXPECT_EQ(asked<core::Ping>("PING 10.0.0.1 please RELEASE").value().address, "10.0.0.1");
  EXPECT_EQ(asked<core::Release>("RELEASE 10.0.0.1 now").value().address, "10.0.0.1");
}

TEST(TextProtocol, AnythingElseIsAnUnknownCommand) {
  for (const std::string_view line :
       {"get_worker", "GET_WORKERS", "PING", "RELEASE ", "PINGS 1", "STATUS now", "LIST_ALL x",
        "TERMINATE_ALL now", "GET / HTTP/1.1", "Hello 2", "\x1b[A"}) {
    EXPECT_EQ(refusal(line), "ERROR: Unknown command") << line;
  }
}

TEST(TextProtocol, NulAndInvalidUtf8AreABadRequestThatClosesWhateverStandsAround) {
  for (const std::string_view line :
       {std::string_view("PING 1\0", 7), std::string_view("\0", 1), std::string_view("\xff\xfe"),
        std::string_view("RELEASE 10.0.0.1 \xc3"),
        std::string_view("TERMINATE_ALL \xed\xa0\x80")}) {
    const Command command = parse_command(line);
    ASSERT_TRUE(std::holds_alternative<BadLine>(command));
    EXPECT_EQ(std::get<BadLine>(command).answer, "ERROR: Bad request");
    EXPECT_TRUE(std::get<BadLine>(command).unreadable);
  }
}

TEST(TextProtocol, GetWorkerTakesAPoolAndCores) {
  const auto get = asked<core::GetWorker>("GET_WORKER pool=big-1 cores=64");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->pool, PoolName{"big-1"});
  EXPECT_EQ(get->cores, 64);
  EXPECT_EQ(asked<core::GetWorker>("GET_WORKER")->pool, PoolName{});
}

TEST(TextProtocol, GetWorkerTakesWhatItsMachineIsToBe) {
  const auto get = asked<core::GetWorker>(
      "GET_WORKER type=c7i.metal-24xl region=us-gov-west-1 market=on-demand count=5 exclusive=1");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->type, "c7i.metal-24xl");
  EXPECT_EQ(get->region, "us-gov-west-1");
  EXPECT_EQ(get->market, core::Market::kOnDemand);
  EXPECT_EQ(get->count, 5);
  EXPECT_TRUE(get->alone);
  const auto plain = asked<core::GetWorker>("GET_WORKER market=spot exclusive=0");
  EXPECT_EQ(plain->market, core::Market::kSpot);
  EXPECT_FALSE(plain->alone);
  EXPECT_EQ(plain->count, 1);
}

TEST(TextProtocol, GetWorkerTakesAWaitAndAName) {
  const auto get = asked<core::GetWorker>("GET_WORKER wait=90 client=rig-3");
  ASSERT_TRUE(get);
  EXPECT_EQ(get->wait, seconds{90});
  EXPECT_EQ(get->client, "rig-3");
  EXPECT_FALSE(asked<core::GetWorker>("GET_WORKER")->wait);
  EXPECT_EQ(asked<core::GetWorker>("GET_WORKER wait=0")->wait, seconds{0});
  EXPECT_EQ(asked<core::GetWorker>("GET_WORKER wait=86400")->wait, hours{24});
}

TEST(TextProtocol, AnOptionThatIsUnknownRepeatedOrOutOfRangeAsksForNothing) {
  for (const std::string_view options : {"wait=",
                                         "wait=-1",
                                         "wait=86401",
                                         "wait=1.5",
                                         "wait=ten",
                                         "wait=99999999999999999999",
                                         "wait=5 wait=6",
                                         "client=",
                                         "now",
                                         "=",
                                         "x=1",
                                         "pool=",
                                         "pool=Big",
                                         "pool=a_b",
                                         "cores=",
                                         "cores=0",
                                         "cores=-4",
                                         "cores=4.5",
                                         "cores=10001",
                                         "pool=a pool=b",
                                         "type=",
                                         "type=c7i",
                                         "type=C7I.large",
                                         "region=",
                                         "region=us_east",
                                         "market=",
                                         "market=Spot",
                                         "market=both",
                                         "count=0",
                                         "count=1001",
                                         "count=two",
                                         "exclusive=",
                                         "exclusive=yes",
                                         "exclusive=2",
                                         "lease=7",
                                         "WAIT=5"}) {
    EXPECT_TRUE(refusal(str("GET_WORKER ", options)).starts_with("ERROR: Bad request: "))
        << options;
  }
  EXPECT_EQ(refusal(str("GET_WORKER client=", std::string(64, 'n'))), "(accepted)");
  EXPECT_EQ(refusal(str("GET_WORKER client=", std::string(65, 'n'))),
            "ERROR: Bad request: client= takes a name of 1 to 64 printable bytes");
}

TEST(TextProtocol, ARefusalNeverEchoesControlCharacters) {
  EXPECT_EQ(refusal("GET_WORKER \x1b]0;x\x07"),
            "ERROR: Bad request: unknown option  ]0;x ; GET_WORKER takes wait=, client=, pool=, "
            "cores=, type=, region=, market=, count=, exclusive=, hold=");
}

TEST(TextProtocol, HelloTakesTheVersionAndAName) {
  const Command command = parse_command("HELLO 2 client=rig-3");
  ASSERT_TRUE(std::holds_alternative<Hello>(command));
  EXPECT_EQ(std::get<Hello>(command).client, "rig-3");
  EXPECT_TRUE(std::holds_alternative<Hello>(parse_command("HELLO 2\r")));
  for (const std::string_view line : {"HELLO", "HELLO 1", "HELLO 4", "HELLO 2 x", "HELLO 2 client=",
                                      "HELLO 2 lease=abc", "HELLO 2 client=a client=b"}) {
    EXPECT_TRUE(refusal(line).starts_with("ERROR: Bad request: ")) << line;
  }
}

TEST(TextProtocol, TokensAreRefusedWhileNoneCanBeConfigured) {
  for (const std::string_view line : {"HELLO 2 token=s3cret", "AUTH s3cret", "AUTH"}) {
    EXPECT_EQ(refusal(line), "ERROR: Bad request: no tokens are configured") << line;
  }
}

TEST(TextProtocol, SilenceEndsAPingSoonAReleaseLaterAndNothingElse) {
  for (const std::string_view line : {"GET_WORKER", " GET_WORKER\r", "PING 10.0.0.1", "PING 1 x"}) {
    EXPECT_EQ(ended_by_silence(line), EndedBySilence::kSoon) << line;
  }
  EXPECT_EQ(ended_by_silence("RELEASE 10.0.0.1"), EndedBySilence::kLater);
  for (const std::string_view line :
       {"", " ", "GET_WORKE", "GET_WORKER wait=5", "PING", "PING ", "RELEASE", "RELEASE ",
        "TERMINATE_ALL", "STATUS", "LIST_ALL", "HELLO 2", "AUTH x", "RELEASE 10.0.0.1 lease=",
        "RELEASE 10.0.0.1 le", "RELEASE 10.0.0.1 lease=17", "PING 10.0.0.1 l"}) {
    EXPECT_EQ(ended_by_silence(line), EndedBySilence::kNever) << line;
  }
}

}  // namespace
}  // namespace cb::wire
