#include "probe_cloud.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json/array.hpp>
#include <optional>

#include "io/aws/aws_preflight.h"
#include "io/aws/ec2_cloud.h"
#include "probe_json.h"
#include "wire/ec2_request.h"

namespace cb::aws_probe {
namespace {

namespace json = boost::json;

struct LastEvent : port::EventSink {
  std::optional<core::Event> event;
  void post(core::Event got) override { event = std::move(got); }
};
struct Lines : port::LogSink {
  json::array all;
  void write(const core::Log& line) override { all.emplace_back(line.text); }
};

struct ToJson {
  json::object operator()(const core::Launched& l) const { return to_json(l.instances); }
  json::object operator()(const core::Listing& l) const { return to_json(l.instances); }
  json::object operator()(const core::CloudFailure& f) const { return to_json(f); }
  json::object operator()(const core::LaunchOutcomeUnknown& u) const { return to_json(u.why); }
  json::object operator()(const core::TerminateAccepted& a) const { return to_json(a); }

  json::object operator()(const core::LaunchAnswered& e) const {
    return std::visit(*this, e.result);
  }
  json::object operator()(const core::Listed& e) const { return std::visit(*this, e.result); }
  json::object operator()(const core::TerminateAnswered& e) const {
    return std::visit(*this, e.result);
  }
  json::object operator()(const core::Identified& e) const {
    return {{"account", e.identity.account}};
  }
  template <class Other>
  json::object operator()(const Other&) const {
    return {{"failure", "an event that no cloud posts"}};
  }
};

io::AwsSetup setup_of(const io::AwsEnvironment& environment) {
  auto setup = io::find_aws_setup(environment, {});
  CHECK(bool(setup));
  return *setup;
}

}  // namespace

struct ProbeCloud::State {
  io::AwsEnvironment environment = io::AwsEnvironment::of_process();
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      context.get_executor()};
  Lines lines;
  LastEvent last;
  io::AwsCredentials credentials{[this] { return io::find_credentials(environment); }};
  io::AwsCaller caller{context, credentials, lines, setup_of(environment)};
  io::Ec2Cloud cloud{caller, last, lines};

  json::object answer() {
    last.event.reset();
    while (!last.event) context.run_one();
    return std::visit(ToJson{}, *last.event);
  }

  json::object check(const std::string& image) {
    core::Settings settings;
    settings.region = caller.setup().region;
    settings.pools[PoolName{"default"}].image = image;
    bool done = false;
    io::check_aws(caller, lines, settings, *parse_iso8601("2026-11-23T10:00:00Z"),
                  [&] { done = true; });
    while (!done) context.run_one();
    return {{"lines", std::exchange(lines.all, {})}};
  }
};

ProbeCloud::ProbeCloud() : state_(std::make_unique<State>()) {}
ProbeCloud::~ProbeCloud() = default;

json::object ProbeCloud::ask(const json::object& question) {
  const std::string op = text_at(question, "op");
  if (op == "check") return state_->check(text_at(question, "image"));
  io::Ec2Cloud& cloud = state_->cloud;
  if (op == "launch") {
    const core::LaunchSpec spec = spec_from(question.at("spec").as_object());
    cloud.launch({spec.token, spec.region, wire::encode_run_instances(spec)});
  } else if (op == "list") {
    const std::string id = text_at(question, "id");
    cloud.list({QueryId{1}, state_->caller.setup().region,
                id.empty() ? core::ListQuery{core::ListByTag{"default"}}
                           : core::ListQuery{core::ListByIds{{{id}}}}});
  } else if (op == "terminate") {
    std::vector<InstanceId> ids;
    for (const json::value& id : question.at("ids").as_array()) {
      ids.push_back({std::string(id.as_string())});
    }
    cloud.terminate({state_->caller.setup().region, ids});
  } else {
    CHECK(op == "identify");
    cloud.identify({{state_->caller.setup().region}});
  }
  return state_->answer();
}

}  // namespace cb::aws_probe
