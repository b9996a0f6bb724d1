#pragma once
// A cloud on a server that answers as a test says, for the tests of Ec2Cloud.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <map>
#include <optional>

#include "base/text.h"
#include "io/aws/ec2_cloud.h"
#include "io/net/http_test_server.h"
#include "wire/ec2_request.h"

namespace cb::io::testing_kit {

using core::CloudFailure;
using core::FailureClass;
using core::LaunchOutcomeUnknown;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Events : port::EventSink {
  std::vector<core::Event> all;
  void post(core::Event event) override { all.push_back(std::move(event)); }
};
struct Lines : port::LogSink {
  std::vector<std::string> keys;
  std::string text;
  void write(const core::Log& line) override {
    keys.push_back(line.key);
    text += line.text + "\n";
  }
};

inline std::string error_body(std::string_view code, std::string_view message = "why") {
  return str("<Response><Errors><Error><Code>", code, "</Code><Message>", message,
             "</Message></Error></Errors><RequestID>r</RequestID></Response>");
}
inline ServerReply fail(int status, std::string_view code, std::string_view message = "why") {
  return http_reply(status, error_body(code, message));
}
inline std::string instances(std::initializer_list<const char*> ids) {
  std::string out = "<instancesSet>";
  for (const char* id : ids) out += str("<item><instanceId>", id, "</instanceId></item>");
  return out + "</instancesSet>";
}
inline ServerReply launched(const char* id) {
  return http_reply(200, str("<RunInstancesResponse>", instances({id}), "</RunInstancesResponse>"));
}
inline ServerReply page(std::initializer_list<const char*> ids, std::string_view next = "") {
  return http_reply(200, str("<DescribeInstancesResponse><reservationSet><item>", instances(ids),
                             "</item></reservationSet><nextToken>", next,
                             "</nextToken></DescribeInstancesResponse>"));
}
inline ServerReply terminated(const ReceivedRequest& request) {
  std::string out = "<TerminateInstancesResponse><instancesSet>";
  for (std::string_view field : split(request.body, '&')) {
    if (!field.starts_with("InstanceId.")) continue;
    out += str("<item><instanceId>", field.substr(field.find('=') + 1),
               "</instanceId><currentState><name>shutting-down</name></currentState></item>");
  }
  return http_reply(200, out + "</instancesSet></TerminateInstancesResponse>");
}

class Ec2CloudTest : public testing::Test {
 protected:
  // What the server answers, one after the other; the last one for ever.
  void answer_with(std::vector<ServerReply> replies) {
    serve([replies, n = std::size_t{0}](const ReceivedRequest&) mutable {
      return replies[std::min(n++, replies.size() - 1)];
    });
  }
  void serve(HttpTestServer::Handler handler) {
    server_.emplace([this, handler](const ReceivedRequest& request) {
      std::lock_guard lock(one_at_a_time_);
      return handler(request);
    });
    connect(server_->url());
  }
  void connect(const std::string& endpoint) {
    cloud_.reset();
    caller_.emplace(context_, credentials_, lines_, AwsSetup{"us-east-1", endpoint, endpoint, ""},
                    settings_);
    cloud_.emplace(*caller_, events_, lines_, cloud_settings_);
  }

  void wait_for_events(std::size_t n) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (events_.all.size() < n && std::chrono::steady_clock::now() < end) {
      context_.run_one_for(std::chrono::milliseconds{100});
    }
    ASSERT_EQ(events_.all.size(), n);
  }
  template <class T>
  T only_event() {
    wait_for_events(1);
    return std::get<T>(events_.all.at(0));
  }
  core::LaunchResult launch() {
    cloud_->launch({{"cb-1"}, "us-east-1", "Action=RunInstances&ClientToken=cb-1"});
    return only_event<core::LaunchAnswered>().result;
  }
  core::ListResult list(core::ListQuery what = core::ListByTag{"default"}) {
    cloud_->list({QueryId{7}, "us-east-1", what});
    return only_event<core::Listed>().result;
  }
  core::TerminateResult terminate(std::vector<InstanceId> ids) {
    cloud_->terminate({"us-east-1", std::move(ids)});
    return only_event<core::TerminateAnswered>().result;
  }
  // From the next attempt on.
  void keys_will_be(const char* id) {
    while (!credentials_.current()) std::this_thread::yield();
    std::lock_guard lock(keys_mutex_);
    keys_.push_back(AwsCredentialSet{{id, "secret-word", ""}, {}, "test"});
  }
  std::size_t sent() const { return server_->received().size(); }

  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      context_.get_executor()};
  std::mutex one_at_a_time_;
  std::optional<HttpTestServer> server_;
  std::mutex keys_mutex_;
  std::vector<Result<AwsCredentialSet>> keys_{
      AwsCredentialSet{{"AKID", "secret-word", "token-word"}, {}, "test"}};
  // Each attempt takes the next of keys_, the last one for ever.
  AwsCredentials credentials_{[this, n = std::size_t{0}]() mutable {
                                std::lock_guard lock(keys_mutex_);
                                return keys_[std::min(n++, keys_.size() - 1)];
                              },
                              {.forced_interval = milliseconds{0}}};
  Lines lines_;
  Events events_;
  AwsCallSettings settings_{.repeat_delay_min = milliseconds{1},
                            .repeat_delay_max = milliseconds{5}};
  Ec2CloudSettings cloud_settings_;
  std::optional<AwsCaller> caller_;
  std::optional<Ec2Cloud> cloud_;
};

}  // namespace cb::io::testing_kit
