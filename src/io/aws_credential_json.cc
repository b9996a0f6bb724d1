#include "io/aws_credential_json.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"

namespace cb::io {
namespace {

std::string text_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

}  // namespace

Result<AwsCredentialSet> parse_credential_json(std::string_view json, std::string source) {
  boost::system::error_code error;
  const boost::json::value document = boost::json::parse(json, error);
  if (error || !document.is_object()) return Error{str(source, " gave no JSON object")};
  const boost::json::object& object = document.get_object();
  if (std::string code = text_at(object, "Code"); !code.empty() && code != "Success") {
    return Error{str(source, " answers ", code)};
  }
  AwsCredentialSet set;
  set.keys.id = text_at(object, "AccessKeyId");
  set.keys.secret = text_at(object, "SecretAccessKey");
  set.keys.session_token = text_at(object, "SessionToken") + text_at(object, "Token");
  if (set.keys.id.empty() || set.keys.secret.empty()) {
    return Error{str(source, " gave no AccessKeyId and SecretAccessKey")};
  }
  if (std::string text = text_at(object, "Expiration"); !text.empty()) {
    set.expires = parse_expiration(text);
    if (!set.expires) return Error{str(source, " gave an Expiration that is no ISO 8601 time")};
  }
  set.source = std::move(source);
  return set;
}

std::optional<WallTime> parse_expiration(std::string_view text) {
  constexpr std::size_t kSeconds = 19;  // "2026-11-23T10:00:00"
  if (text.size() <= kSeconds) return {};
  const auto time = parse_iso8601(str(text.substr(0, kSeconds), 'Z'));
  text.remove_prefix(kSeconds);
  if (text[0] == '.') {
    const auto end = text.find_first_not_of("0123456789", 1);
    text.remove_prefix(end == text.npos ? text.size() : end);
  }
  if (!time || text.empty()) return {};
  if (text == "Z") return time;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
  const auto h = parse_int(text.substr(1, 2));
  const auto m = parse_int(text.substr(4, 2));
  if (!h || !m || *h < 0 || *m < 0) return {};
  const Duration offset = hours{*h} + minutes{*m};
  return text[0] == '+' ? *time - offset : *time + offset;
}

}  // namespace cb::io
