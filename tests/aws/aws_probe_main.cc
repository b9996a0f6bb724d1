// aws_probe sign|encode|decode|cloud|settings: one JSON object a line in, one out. The Python
// checkers beside this compare what comes out with botocore and moto.

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "base/check.h"
#include "probe_cloud.h"
#include "probe_json.h"
#include "probe_settings.h"
#include "wire/ec2_request.h"
#include "wire/ec2_response.h"

namespace cb::aws_probe {
namespace {

namespace json = boost::json;

json::object sign(const json::object& in) {
  std::string body;
  const wire::RequestToSign request = request_from(in, body);
  const wire::AwsKeys keys{text_at(in, "id"), text_at(in, "secret"), text_at(in, "token")};
  const auto time = parse_iso8601(text_at(in, "time"));
  CHECK(time.has_value());
  json::object out;
  for (const auto& [name, value] :
       wire::sign_v4(request, {text_at(in, "region"), text_at(in, "service"), *time}, keys)) {
    out[name] = value;
  }
  return out;
}

std::string encoded(const std::string& call, const json::object& in) {
  if (call == "launch") return wire::encode_run_instances(spec_from(in));
  if (call == "dry launch") return wire::encode_run_instances_dry_run(spec_from(in));
  if (call == "list") {
    return wire::encode_list_by_tag("compute-broker", "default", text_at(in, "next_token"));
  }
  if (call == "list id") return wire::encode_list_by_ids({{text_at(in, "id")}}, "");
  if (call == "tag") return wire::encode_create_tags({{text_at(in, "id")}}, "k", "v w");
  if (call == "terminate") return wire::encode_terminate_instances({{"i-1"}, {"i-2"}});
  if (call == "dry terminate") return wire::encode_terminate_instances({{"i-1"}}, true);
  if (call == "images") return wire::encode_describe_images(text_at(in, "image"));
  CHECK(call == "identify");
  return wire::encode_get_caller_identity();
}

json::object encode(const json::object& in) {
  return {{"body", encoded(text_at(in, "call"), in)}};
}

json::object images(const std::vector<wire::ImageView>& views) {
  json::array out;
  for (const wire::ImageView& image : views) {
    json::object volumes;
    for (const wire::ImageVolume& volume : image.volumes) {
      volumes[volume.device] = volume.ends_with_instance;
    }
    out.push_back(json::object{{"id", image.id},
                               {"name", image.name},
                               {"state", image.state},
                               {"architecture", image.architecture},
                               {"volumes", volumes}});
  }
  return {{"images", out}};
}

json::object decode(const json::object& in) {
  const std::string call = text_at(in, "call");
  std::string body = text_at(in, "body");
  const auto error = [](const auto& result) {
    return json::object{{"error", result.error().what}};
  };
  if (call == "RunInstances") {
    auto got = wire::decode_run_instances(body);
    return got ? to_json(got->instances) : error(got);
  }
  if (call == "DescribeInstances") {
    auto got = wire::decode_describe_instances(body);
    if (!got) return error(got);
    json::object out = to_json(got->instances);
    out["next_token"] = got->next_token;
    return out;
  }
  if (call == "TerminateInstances") {
    auto got = wire::decode_terminate_instances(body);
    return got ? to_json(*got) : error(got);
  }
  if (call == "DescribeImages") {
    auto got = wire::decode_describe_images(body);
    return got ? images(*got) : error(got);
  }
  CHECK(call == "GetCallerIdentity");
  auto got = wire::decode_get_caller_identity(body);
  return got ? json::object{{"account", got->account}, {"arn", got->arn}} : error(got);
}

int serve_lines(const std::function<json::object(const json::object&)>& answer) {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << json::serialize(answer(json::parse(line).as_object())) << std::endl;
  }
  return 0;
}

int run(const std::string& what) {
  if (what == "sign") return serve_lines(sign);
  if (what == "encode") return serve_lines(encode);
  if (what == "decode") return serve_lines(decode);
  if (what == "settings") return serve_lines(read_settings);
  CHECK(what == "cloud");
  ProbeCloud cloud;
  return serve_lines([&](const json::object& question) { return cloud.ask(question); });
}

}  // namespace
}  // namespace cb::aws_probe

int main(int argc, char** argv) {
  return cb::aws_probe::run(argc == 2 ? argv[1] : "");
}
