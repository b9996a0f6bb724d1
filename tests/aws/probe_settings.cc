#include "probe_settings.h"

#include <boost/json/array.hpp>

#include "base/check.h"
#include "io/aws/aws_credentials.h"
#include "io/aws/aws_settings_table.h"
#include "io/aws/aws_setup.h"
#include "probe_json.h"

namespace cb::aws_probe {
namespace {

namespace json = boost::json;

io::AwsEnvironment environment_from(const json::object& question) {
  io::AwsEnvironment environment;
  for (const auto& [name, value] : question.at("variables").as_object()) {
    environment.variables[name] = std::string(value.as_string());
  }
  return environment;
}

json::object failed(const Error& error) {
  return {{"error", error.what}};
}

json::value time(const std::optional<WallTime>& when) {
  if (!when) return nullptr;
  return std::chrono::floor<std::chrono::seconds>(when->time_since_epoch()).count();
}

json::object keys_of(const Result<io::AwsCredentialSet>& found) {
  if (!found) return failed(found.error());
  return {{"id", found->keys.id},
          {"secret", found->keys.secret},
          {"token", found->keys.session_token},
          {"expires", time(found->expires)},
          {"source", found->source}};
}

json::object setup(const json::object& question) {
  const io::AwsEnvironment environment = environment_from(question);
  json::object out{{"keys", keys_of(io::find_credentials(environment))}};
  auto found =
      io::find_aws_setup(environment, {text_at(question, "region"), text_at(question, "endpoint")});
  if (!found) {
    out["error"] = found.error().what;
    return out;
  }
  const wire::AwsEndpoint ec2 = wire::aws_endpoint("ec2", found->region, found->kind);
  const wire::AwsEndpoint sts = wire::aws_endpoint("sts", found->region, found->kind);
  out["region"] = found->region;
  out["ec2"] = found->ec2_endpoint.empty() ? ec2.url : found->ec2_endpoint;
  out["sts"] = found->sts_endpoint.empty() ? sts.url : found->sts_endpoint;
  out["ca_file"] = found->ca_file;
  out["attempts_max"] = found->attempts_max.value_or(0);
  return out;
}

json::object settings_json(const wire::AwsSettings& settings) {
  json::object out;
  for (const auto& [key, value] : settings) out[key] = value;
  return out;
}

json::object parse(const json::object& question) {
  auto sections = wire::parse_aws_file(text_at(question, "text"), "file");
  if (!sections) return failed(sections.error());
  json::object out;
  for (const auto& [header, section] : *sections) {
    json::object settings = settings_json(section.settings);
    for (const auto& [key, block] : section.blocks) settings[key] = settings_json(block);
    out[header] = settings;
  }
  return {{"sections", out}};
}

json::object words(const json::object& question) {
  auto split = wire::split_command(text_at(question, "text"));
  if (!split) return {{"words", nullptr}};
  json::array out;
  for (const std::string& word : *split) out.emplace_back(word);
  return {{"words", out}};
}

json::object endpoint(const json::object& question) {
  const wire::AwsEndpointKind kind{question.at("fips").as_bool(),
                                   question.at("dual_stack").as_bool(),
                                   question.at("sts_legacy").as_bool()};
  const wire::AwsEndpoint found =
      wire::aws_endpoint(text_at(question, "service"), text_at(question, "region"), kind);
  return {{"url", found.url}, {"region", found.region}};
}

json::object proxy(const json::object& question) {
  auto found = io::find_proxies(environment_from(question).variables);
  if (!found) return failed(found.error());
  return {{"proxy", io::proxy_for(text_at(question, "url"), *found)}};
}

json::object table() {
  json::array rows;
  for (const io::AwsSettingRow& row : io::aws_settings_table()) {
    rows.push_back(
        json::object{{"variable", row.variable}, {"key", row.key}, {"use", to_string(row.use)}});
  }
  return {{"rows", rows}};
}

}  // namespace

json::object read_settings(const json::object& question) {
  const std::string op = text_at(question, "op");
  if (op == "setup") return setup(question);
  if (op == "parse") return parse(question);
  if (op == "words") return words(question);
  if (op == "endpoint") return endpoint(question);
  if (op == "proxy") return proxy(question);
  if (op == "table") return table();
  CHECK(op == "expiration");
  return {{"time", time(io::parse_expiration(text_at(question, "text")))}};
}

}  // namespace cb::aws_probe
