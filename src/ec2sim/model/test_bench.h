#pragma once
// For the tests of this room: a service that is asked without sockets, in a time that the test
// moves.

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ec2sim/api/service.h"
#include "wire/ec2_request.h"

namespace cb::ec2sim {

using Form = std::vector<std::pair<std::string, std::string>>;

inline Settings exact_settings() {
  Settings settings;
  settings.seed = 7;
  settings.verify_signatures = false;
  settings.pending = {seconds{2}, seconds{2}};
  settings.boot = {seconds{1}, seconds{1}};
  settings.service = {seconds{1}, seconds{1}};
  settings.shutting_down = {seconds{3}, seconds{3}};
  settings.throttling = false;
  return settings;
}

inline HttpRequest form_request(const std::string& action, const Form& form,
                                const std::string& region = "us-east-1") {
  std::string body = "Action=" + action + "&Version=2016-11-15";
  for (const auto& [name, value] : form) {
    body += str('&', name, '=', wire::percent_encoded(value));
  }
  return {"POST",
          "/",
          {{"authorization", "AWS4-HMAC-SHA256 Credential=test/20261123/" + region +
                                 "/ec2/aws4_request, SignedHeaders=host, Signature=0"}},
          body};
}

struct TestBench {
  explicit TestBench(Settings settings = exact_settings(), ProcessLimits limits = {})
      : service(std::move(settings), Addresses(70), limits) {}

  HttpAnswer ask(const std::string& action, const Form& form = {},
                 const std::string& region = "us-east-1") {
    return service.handle(form_request(action, form, region), now);
  }
  HttpAnswer launch(const Form& more = {}) {
    Form form{{"ImageId", "ami-1"}, {"InstanceType", "c7i.16xlarge"}};
    const auto given = [&](const std::string& name) {
      return std::any_of(more.begin(), more.end(), [&](auto& pair) { return pair.first == name; });
    };
    for (const char* count : {"MinCount", "MaxCount"}) {
      if (!given(count)) form.emplace_back(count, "1");
    }
    form.insert(form.end(), more.begin(), more.end());
    return ask("RunInstances", form);
  }
  // The control endpoint, with a body for a change.
  boost::json::value control(const std::string& path, const std::string& body = {}) {
    const HttpAnswer answer =
        service.handle({body.empty() ? "GET" : "POST", "/_sim/" + path, {}, body}, now);
    return boost::json::parse(answer.body);
  }
  void pass(Micros time) {
    now.boot += time;
    now.wall += time;
    service.instances().advance(now);
  }
  const Instance& first() { return service.instances().all().front(); }
  std::string first_id() { return first().id; }

  SimNow now{std::chrono::hours{10}, std::chrono::seconds{1795470337}};
  Service service;
};

// The text of the first <name> in `xml`; "" when there is none.
inline std::string text_in(const std::string& xml, const std::string& name) {
  const std::size_t at = xml.find('<' + name + '>');
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return xml.substr(begin, xml.find("</", begin) - begin);
}

inline std::string code_of(const HttpAnswer& answer) {
  return text_in(answer.body, "Code");
}

}  // namespace cb::ec2sim
