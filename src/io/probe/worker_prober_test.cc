#include "io/probe/worker_prober.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <set>

#include "base/text.h"
#include "io/loop/loop_test_kit.h"
#include "io/net/listen_socket.h"
#include "wire/dserv_frame.h"

namespace cb::io {
namespace {

using core::ProbeKind;
using core::ProbeOutcome;

// A worker's port, with a test's hand on it: nothing happens by itself.
class Port {
 public:
  explicit Port(int backlog = 16)
      : fd_(*listen_on(*parse_endpoint("127.0.0.1:0"), backlog)),
        at_(to_string(bound_to(fd_.get()))) {}

  int number() const { return static_cast<int>(*parse_int(at_.substr(at_.rfind(':') + 1))); }
  const std::string& at() const { return at_; }
  bool has_client() const {
    pollfd waiting{fd_.get(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }
  UniqueFd accept() const { return UniqueFd(::accept(fd_.get(), nullptr, nullptr)); }

 private:
  UniqueFd fd_;
  std::string at_;
};

std::string read_once(const UniqueFd& from) {
  char buffer[256];
  const ssize_t n = ::recv(from.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : std::string();
}

// From now on nothing that is sent to it arrives, and nobody says so. False where the kernel lets
// only root filter what a socket receives.
bool forget_flow_of(const UniqueFd& connection) {
  sock_filter drop{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &drop};
  return ::setsockopt(connection.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) ==
         0;
}

void write(const UniqueFd& to, const std::string& bytes) {
  EXPECT_EQ(::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

class WorkerProberTest : public ::testing::Test, public port::EventSink {
 protected:
  void post(core::Event event) override {
    outcomes.push_back(std::get<core::Probed>(event));
    EXPECT_FALSE(inside_probe) << "an answer must not come from inside the call";
  }
  core::ProbeWorker what(int port, ProbeKind kind = ProbeKind::kDserv) {
    core::ProbeWorker probe;
    probe.probe = {++probes};
    probe.worker = {"i-0abc"};
    probe.address = "127.0.0.1";
    probe.port = port;
    probe.kind = kind;
    probe.connect_limit = seconds{10};
    return probe;
  }
  void probe(const core::ProbeWorker& probe) {
    inside_probe = true;
    prober.probe(probe);
    inside_probe = false;
  }
  bool run_until(const std::function<bool()>& condition) { return io::run_until(io, condition); }
  // Runs until the next outcome is there.
  std::optional<ProbeOutcome> outcome() {
    const std::size_t before = taken++;
    if (!run_until([&] { return outcomes.size() > before; })) return {};
    EXPECT_EQ(outcomes[before].worker.value, "i-0abc");
    return outcomes[before].outcome;
  }
  // The worker's end of a connection on which it is asked, and the question is read.
  UniqueFd asked(const Port& port) {
    UniqueFd worker = accepted(port);
    EXPECT_EQ(outcome(), ProbeOutcome::kAsked);
    EXPECT_EQ(question_on(worker), wire::encode_dserv_frame("expr 6*7"));
    return worker;
  }
  std::string question_on(const UniqueFd& worker) {
    std::string question;
    EXPECT_TRUE(run_until([&] { return !(question = read_once(worker)).empty(); }));
    return question;
  }
  bool cut(const UniqueFd& worker) {
    return run_until([&] {
      char byte;
      errno = 0;
      return ::recv(worker.get(), &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
    });
  }
  // The worker's end of a probe's connection.
  UniqueFd accepted(const Port& port) {
    EXPECT_TRUE(run_until([&] { return port.has_client(); }));
    return port.accept();
  }

  boost::asio::io_context io{1};
  std::vector<core::Probed> outcomes;
  std::size_t taken = 0;
  std::uint64_t probes = 0;
  bool inside_probe = false;
  WorkerProber prober{io, *this, 4};
};

TEST_F(WorkerProberTest, FortyTwoIsReadyAndTheQuestionComesInOnePiece) {
  const Port port;
  probe(what(port.number()));
  const UniqueFd worker = asked(port);
  EXPECT_EQ(prober.open(), 0U);
  write(worker, wire::encode_dserv_frame("42"));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  EXPECT_EQ(outcomes[1].probe.value, 1U);
  EXPECT_EQ(outcomes[1].kind, ProbeKind::kDserv);
}

TEST_F(WorkerProberTest, AnAnswerInPiecesIsAnAnswer) {
  const Port port;
  probe(what(port.number()));
  const UniqueFd worker = asked(port);
  for (const char c : wire::encode_dserv_frame("42")) {
    EXPECT_EQ(outcomes.size(), 1U);
    write(worker, std::string(1, c));
    io.poll();
  }
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
}

TEST_F(WorkerProberTest, AQuestionStaysOpenForAsLongAsItTakes) {
  const Port port;
  auto probed = what(port.number());
  probed.connect_limit = milliseconds{20};
  probe(probed);
  const UniqueFd worker = asked(port);
  io.run_for(milliseconds{100});
  EXPECT_EQ(outcomes.size(), 1U);
  write(worker, wire::encode_dserv_frame("42"));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
}

TEST_F(WorkerProberTest, TheNextQuestionIsAskedOnTheSameConnection) {
  const Port port;
  probe(what(port.number()));
  const UniqueFd worker = asked(port);
  write(worker, wire::encode_dserv_frame("42"));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  probe(what(port.number()));
  EXPECT_EQ(outcome(), ProbeOutcome::kAsked);
  EXPECT_EQ(question_on(worker), wire::encode_dserv_frame("expr 6*7"));
  EXPECT_FALSE(port.has_client());
  write(worker, wire::encode_dserv_frame("42"));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  EXPECT_EQ(outcomes[3].probe.value, 2U);
}

TEST_F(WorkerProberTest, AConnectionThatEndedBetweenTwoQuestionsIsToldToTheNext) {
  const Port port;
  probe(what(port.number()));
  UniqueFd worker = asked(port);
  write(worker, wire::encode_dserv_frame("42"));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  worker.reset();
  io.run_for(milliseconds{20});
  EXPECT_EQ(outcomes.size(), 2U);
  probe(what(port.number()));
  EXPECT_EQ(outcome(), ProbeOutcome::kAccepted);
  probe(what(port.number()));
  asked(port);
}

TEST_F(WorkerProberTest, AfterHangUpNothingIsHeardAndItsPlaceIsFree) {
  const Port port;
  probe(what(port.number()));
  const UniqueFd worker = asked(port);
  prober.hang_up({"i-0abc"});
  EXPECT_EQ(prober.kept(), 0U);
  EXPECT_TRUE(cut(worker));
  EXPECT_EQ(outcomes.size(), 1U);
}

TEST_F(WorkerProberTest, HangUpWhileItConnectsLeavesRoomForOthers) {
  const Port port;
  for (int n = 0; n < 4; ++n) {
    probe(what(port.number()));
    prober.hang_up({"i-0abc"});
  }
  io.run_for(milliseconds{20});
  EXPECT_TRUE(outcomes.empty());
  EXPECT_EQ(prober.open(), 0U);
}

TEST_F(WorkerProberTest, AQuestionWhoseFlowIsForgottenIsLost) {
  const Port port;
  auto probed = what(port.number());
  probed.keep_alive = seconds{1};
  probed.keep_alive_max = 1;
  probe(probed);
  const UniqueFd worker = asked(port);
  if (!forget_flow_of(worker)) GTEST_SKIP() << "this kernel lets only root drop packets";
  EXPECT_EQ(outcome(), ProbeOutcome::kLost);
}

TEST_F(WorkerProberTest, AcceptedAndClosedAtOnceIsAlive) {
  const Port port;
  probe(what(port.number()));
  accepted(port).reset();
  EXPECT_EQ(outcome(), ProbeOutcome::kAsked);
  EXPECT_EQ(outcome(), ProbeOutcome::kAccepted);
  EXPECT_EQ(prober.kept(), 0U);
}

TEST_F(WorkerProberTest, RefusedIsRefused) {
  int closed = 0;
  {
    const Port port;
    closed = port.number();
  }
  probe(what(closed));
  EXPECT_EQ(outcome(), ProbeOutcome::kRefused);
  probe(what(closed, ProbeKind::kTcp));
  EXPECT_EQ(outcome(), ProbeOutcome::kRefused);
}

TEST_F(WorkerProberTest, AnyOtherAnswerIsWrong) {
  for (const std::string& answer :
       {wire::encode_dserv_frame("!TCL_ERROR invalid command"), wire::encode_dserv_frame(""),
        wire::encode_dserv_frame("420"), std::string("HTTP/1.1 400 Bad Request\r\n\r\n")}) {
    const Port port;
    probe(what(port.number()));
    const UniqueFd worker = asked(port);
    write(worker, answer);
    EXPECT_EQ(outcome(), ProbeOutcome::kWrong) << answer;
  }
}

TEST_F(WorkerProberTest, AnAnswerCutShortIsWrong) {
  const Port port;
  probe(what(port.number()));
  UniqueFd worker = asked(port);
  write(worker, wire::encode_dserv_frame("42").substr(0, 5));
  worker.reset();
  EXPECT_EQ(outcome(), ProbeOutcome::kWrong);
}

TEST_F(WorkerProberTest, ABlackHoleIsUnreachableAfterTheConnectLimit) {
  const Port port(0);
  // A full accept queue drops what comes next, without a word.
  std::vector<UniqueFd> fill;
  const Endpoint at = *parse_endpoint(port.at());
  for (int i = 0; i < 8; ++i) {
    fill.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fill.back().get(), reinterpret_cast<const sockaddr*>(&at.address), at.size);
  }
  auto probed = what(port.number(), ProbeKind::kTcp);
  probed.connect_limit = milliseconds{50};
  probe(probed);
  EXPECT_EQ(outcome(), ProbeOutcome::kUnreachable);
}

TEST_F(WorkerProberTest, ATcpProbeIsReadyWhenItIsAcceptedAndSendsNothing) {
  const Port port;
  probe(what(port.number(), ProbeKind::kTcp));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  EXPECT_EQ(read_once(port.accept()), "");
}

TEST_F(WorkerProberTest, WhatIsNoAddressIsUnreachable) {
  auto probed = what(2560);
  probed.address = "pending";
  probe(probed);
  EXPECT_EQ(outcome(), ProbeOutcome::kUnreachable);
}

TEST_F(WorkerProberTest, WithoutADescriptorNothingIsKnownOfTheWorker) {
  const Port port;
  // The first time a sanitizer meets an object it needs a descriptor of its own.
  probe(what(port.number(), ProbeKind::kTcp));
  EXPECT_EQ(outcome(), ProbeOutcome::kReady);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;
  ::setrlimit(RLIMIT_NOFILE, &none);
  probe(what(port.number(), ProbeKind::kTcp));
  const auto seen = outcome();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(seen, ProbeOutcome::kUnknown);
}

TEST_F(WorkerProberTest, NoMoreThanTheLimitAreBeingMadeAndTheRestFollow) {
  const Port port;
  for (int i = 0; i < 10; ++i) {
    auto probed = what(port.number(), i % 2 == 0 ? ProbeKind::kTcp : ProbeKind::kDserv);
    probed.worker = {str("i-", i)};
    probe(probed);
  }
  EXPECT_EQ(prober.open(), 4U);
  std::set<std::uint64_t> heard;
  ASSERT_TRUE(run_until([&] {
    EXPECT_LE(prober.open(), 4U);
    for (const auto& probed : outcomes) heard.insert(probed.probe.value);
    return heard.size() == 10;
  }));
  EXPECT_EQ(prober.open(), 0U);
  EXPECT_EQ(prober.kept(), 5U);
}

}  // namespace
}  // namespace cb::io
