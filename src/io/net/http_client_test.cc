#include "io/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <optional>

#include "base/text.h"
#include "io/net/http_test_server.h"

namespace cb::io {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using End = HttpAnswer::End;

class HttpClientTest : public testing::Test {
 protected:
  HttpAnswer ask(HttpRequest request) {
    std::optional<HttpAnswer> got;
    client_.send(std::move(request), [&](HttpAnswer answer) { got = std::move(answer); });
    context_.restart();
    while (!got) context_.run_one_for(std::chrono::seconds{20});
    return *got;
  }
  HttpRequest post(const std::string& url, std::string body = "a=b") {
    HttpRequest request;
    request.url = url;
    request.headers = {{"Content-Type", "text/plain"}};
    request.body = std::move(body);
    return request;
  }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  HttpClient client_{context_};
};

TEST_F(HttpClientTest, SendsHeadersAndBodyAndGivesTheAnswer) {
  HttpTestServer server([](const ReceivedRequest&) {
    return http_reply(403, "no", "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n");
  });
  HttpAnswer answer = ask(post(server.url() + "/path"));
  EXPECT_EQ(answer.end, End::kAnswered);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "no");
  EXPECT_EQ(answer.date, "Mon, 23 Nov 2026 10:00:00 GMT");
  ReceivedRequest got = server.received().at(0);
  EXPECT_EQ(got.line(), "POST /path HTTP/1.1");
  EXPECT_EQ(got.header("Content-Type"), "text/plain");
  EXPECT_EQ(got.header("Expect"), "");
  EXPECT_EQ(got.body, "a=b");
}

TEST_F(HttpClientTest, NothingWasSentWhereNobodyListens) {
  HttpAnswer answer = ask(post(str("http://127.0.0.1:", closed_port())));
  EXPECT_EQ(answer.end, End::kNotSent);
  EXPECT_EQ(answer.code, "connect");
  EXPECT_THAT(answer.why, HasSubstr("127.0.0.1"));
}

TEST_F(HttpClientTest, NothingWasSentWhereTlsFails) {
  HttpTestServer server([](const ReceivedRequest&) { return hang_up(); });
  HttpRequest request = post("https" + server.url().substr(4));
  request.connect_limit = milliseconds{100};
  EXPECT_EQ(ask(request).end, End::kNotSent);
  EXPECT_THAT(server.received(), SizeIs(0));
}

TEST_F(HttpClientTest, AHangUpAfterTheRequestIsAnUnknownOutcome) {
  HttpTestServer server([](const ReceivedRequest&) { return hang_up(); });
  HttpRequest request = post(server.url());
  request.own_connection = true;
  HttpAnswer answer = ask(request);
  EXPECT_EQ(answer.end, End::kNoAnswer);
  EXPECT_EQ(answer.code, "reset");
  EXPECT_THAT(server.received(), SizeIs(1));
}

TEST_F(HttpClientTest, SilenceEndsAtTheTimeLimitAsAnUnknownOutcome) {
  HttpTestServer server([](const ReceivedRequest&) { return stay_silent(); });
  HttpRequest request = post(server.url());
  request.total_limit = milliseconds{50};
  HttpAnswer answer = ask(request);
  EXPECT_EQ(answer.end, End::kNoAnswer);
  EXPECT_EQ(answer.code, "timeout");
}

TEST_F(HttpClientTest, AnOwnConnectionIsNeverAReusedOneSoNothingIsSentTwice) {
  // Every connection dies at its second request, the moment that tempts libcurl to send again.
  HttpTestServer server([](const ReceivedRequest& request) {
    return request.nth_on_connection == 0 ? http_reply(200, "ok") : hang_up();
  });
  EXPECT_EQ(ask(post(server.url(), "first")).status, 200);
  HttpRequest launch = post(server.url(), "launch");
  launch.own_connection = true;
  EXPECT_EQ(ask(launch).status, 200);
  int launches = 0;
  for (const ReceivedRequest& request : server.received()) {
    if (request.body != "launch") continue;
    ++launches;
    EXPECT_EQ(request.nth_on_connection, 0);
  }
  EXPECT_EQ(launches, 1);
  // What comes after it does not get its connection either.
  EXPECT_EQ(ask(post(server.url(), "third")).status, 200);
  for (const ReceivedRequest& request : server.received()) {
    EXPECT_TRUE(request.body != "third" || request.connection != 1);
  }
}

TEST_F(HttpClientTest, OtherRequestsShareAConnection) {
  HttpTestServer server([](const ReceivedRequest&) { return http_reply(200, "ok"); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(post(server.url())).status, 200);
  for (const ReceivedRequest& request : server.received()) EXPECT_EQ(request.connection, 0);
}

TEST_F(HttpClientTest, AnAnswerOverTheLimitIsCutOff) {
  HttpTestServer server(
      [](const ReceivedRequest&) { return http_reply(200, std::string(10'000, 'x')); });
  HttpRequest request = post(server.url());
  request.answer_bytes_max = 9'999;
  HttpAnswer answer = ask(request);
  EXPECT_EQ(answer.end, End::kNoAnswer);
  EXPECT_THAT(answer.why, HasSubstr("answer too large"));
  EXPECT_EQ(answer.body, "");
}

TEST_F(HttpClientTest, OtherSchemesAreRefused) {
  EXPECT_EQ(ask(post("file:///etc/passwd")).end, End::kNotSent);
}

TEST_F(HttpClientTest, ManyAtOnceAreAllAnswered) {
  HttpTestServer server([](const ReceivedRequest& r) { return http_reply(200, r.body); });
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    client_.send(post(server.url(), std::to_string(i)), [&answered, i](HttpAnswer answer) {
      EXPECT_EQ(answer.body, std::to_string(i));
      ++answered;
    });
  }
  while (answered < 100) ASSERT_EQ(context_.run_one_for(std::chrono::seconds{20}), 1u);
}

TEST(HttpClientEnd, AbandonsWhatIsUnderWay) {
  HttpTestServer server([](const ReceivedRequest&) { return stay_silent(); });
  boost::asio::io_context context;
  bool called = false;
  {
    HttpClient client(context);
    HttpRequest request;
    request.url = server.url();
    client.send(request, [&](HttpAnswer) { called = true; });
  }
  context.poll();
  EXPECT_FALSE(called);
}

TEST(HttpOnce, BlocksForTheAnswer) {
  HttpTestServer server([](const ReceivedRequest& r) { return http_reply(200, r.line()); });
  HttpRequest request;
  request.method = "PUT";
  request.url = server.url() + "/t";
  EXPECT_EQ(http_once(request).body, "PUT /t HTTP/1.1");
  request.method = "GET";
  EXPECT_EQ(http_once(request).body, "GET /t HTTP/1.1");
}

// A proxy that answers CONNECT, and everything else, with `status`.
HttpAnswer through_proxy(const std::string& url, int status, std::string* said = nullptr) {
  HttpTestServer proxy([&](const ReceivedRequest& request) {
    if (said != nullptr) *said = request.line();
    return http_reply(status, "a page of the proxy");
  });
  HttpRequest request;
  request.url = url;
  request.proxy = "http://user:hidden@" + proxy.url().substr(7);
  return http_once(request);
}

TEST(HttpProxy, ThatRefusesATunnelHasSentNothingAndIsNamed) {
  for (int status : {403, 407, 503}) {
    std::string said;
    const HttpAnswer answer = through_proxy("https://ec2.example.invalid/", status, &said);
    EXPECT_EQ(said, "CONNECT ec2.example.invalid:443 HTTP/1.1");
    EXPECT_EQ(answer.end, End::kNotSent) << status;
    EXPECT_EQ(answer.code, "proxy");
    EXPECT_THAT(answer.why, HasSubstr("the proxy 127.0.0.1:"));
    EXPECT_THAT(answer.why, HasSubstr("to ec2.example.invalid (HTTP " + std::to_string(status)));
    EXPECT_THAT(answer.why, testing::Not(HasSubstr("hidden")));
    EXPECT_EQ(answer.body, "");
  }
}

TEST(HttpProxy, ThatCannotBeReachedHasSentNothingAndIsNamed) {
  HttpRequest request;
  request.url = "https://ec2.example.invalid/";
  request.proxy = str("http://user:hidden@127.0.0.1:", closed_port());
  const HttpAnswer answer = http_once(request);
  EXPECT_EQ(answer.end, End::kNotSent);
  EXPECT_EQ(answer.code, "proxy");
  EXPECT_THAT(answer.why, HasSubstr("(through the proxy 127.0.0.1:"));
  EXPECT_THAT(answer.why, testing::Not(HasSubstr("hidden")));
}

TEST(HttpProxy, WhoseTunnelBreaksBeforeTheRequestHasSentNothing) {
  const HttpAnswer broken = through_proxy("https://ec2.example.invalid/", 200);
  EXPECT_EQ(broken.end, End::kNotSent);  // a tunnel in which nobody speaks TLS
}

TEST(HttpProxy, ForPlainHttpIsAskedForTheUrlAndMayWantAPassword) {
  std::string said;
  EXPECT_EQ(through_proxy("http://ec2.example.invalid/x", 200, &said).status, 200);
  EXPECT_EQ(said, "POST http://ec2.example.invalid/x HTTP/1.1");
  EXPECT_EQ(through_proxy("http://ec2.example.invalid/x", 407).end, End::kNotSent);
  EXPECT_EQ(through_proxy("http://ec2.example.invalid/x", 503).end, End::kAnswered);
}

TEST(HttpOnce, UsesNoProxyOfTheEnvironment) {
  HttpTestServer server([](const ReceivedRequest&) { return http_reply(200, "ok"); });
  HttpRequest request;
  request.url = server.url();
  setenv("http_proxy", str("http://127.0.0.1:", closed_port()).c_str(), 1);
  const HttpAnswer answer = http_once(request);
  unsetenv("http_proxy");
  EXPECT_EQ(answer.status, 200);
}

TEST(HttpDate, IsReadInItsOnlyForm) {
  EXPECT_EQ(parse_http_date("Mon, 23 Nov 2026 10:00:00 GMT"),
            parse_iso8601("2026-11-23T10:00:00Z"));
  for (const char* no : {"", "Mon, 23 Nov 2026 10:00:00", "2026-11-23T10:00:00Z",
                         "Mon, 23 Nov 2026 10:00:00 GMT "}) {
    EXPECT_FALSE(parse_http_date(no)) << no;
  }
}

}  // namespace
}  // namespace cb::io
