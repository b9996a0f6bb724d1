#include "io/aws/aws_credential_json.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"
#include "io/net/http_client.h"

namespace cb::io {
namespace {

namespace json = boost::json;

bool is_there(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && !value->is_null();
}

// "" when it is not there; another type than text sets `odd`.
std::string text_at(const json::object& object, std::string_view key, std::string& odd) {
  if (!is_there(object, key)) return {};
  const json::value& value = object.at(key);
  if (value.is_string()) return std::string(value.get_string());
  odd = key;
  return {};
}

Status check_head(CredentialJson kind, const json::object& object, const std::string& source) {
  if (kind == CredentialJson::kCommand) {
    const json::value* version = object.if_contains("Version");
    if (version != nullptr && version->is_int64() && version->get_int64() == 1) return Done{};
    return Error{str(source, " gave no \"Version\": 1, the only form of keys that is known")};
  }
  std::string odd;
  const std::string code = text_at(object, "Code", odd);
  if (odd.empty() && (code.empty() || code == "Success")) return Done{};
  if (!odd.empty()) return Error{str(source, " gave a Code that is no text")};
  const std::string message = text_at(object, "Message", odd);
  return Error{str(source, " answers ", code, message.empty() ? "" : ": ", message)};
}

// Takes the digits at the start of `text`; nullopt unless there are `count` of them.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return {};
  const std::string_view digits = text.substr(0, count);
  if (digits.find_first_not_of("0123456789") != digits.npos) return {};
  text.remove_prefix(count);
  return static_cast<int>(*parse_int(digits));
}

bool take_one_of(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "UTC", "+02", "+0200", "+02:00": how far the clock there is ahead.
std::optional<Duration> parse_zone(std::string_view text) {
  if (text == "Z" || text == "z" || text == "UTC" || text == "GMT") return Duration{0};
  const bool behind = text.starts_with('-');
  if (!take_one_of(text, "+-")) return {};
  const auto h = take_digits(text, 2);
  if (!h) return {};
  int m = 0;
  if (!text.empty()) {
    take_one_of(text, ":");
    const auto given = take_digits(text, 2);
    if (!given || !text.empty()) return {};
    m = *given;
  }
  if (*h > 23 || m > 59) return {};
  const Duration ahead = hours{*h} + minutes{m};
  return behind ? -ahead : ahead;
}

// "2027-01-01T00:00:00" or "20270101T000000"; takes what it reads. Seconds need not be there.
std::optional<WallTime> take_date_and_time(std::string_view& text) {
  const bool dashes = text.size() > 4 && text[4] == '-';
  std::string iso;
  const auto part = [&](std::size_t count, std::string_view before, bool there) {
    if (!before.empty() && there && !take_one_of(text, before)) return false;
    const std::string_view whole = text;
    if (!take_digits(text, count)) return false;
    iso += whole.substr(0, count);
    return true;
  };
  if (!part(4, "", true) || !part(2, "-", dashes)) return {};
  iso.insert(4, "-");
  iso += '-';
  if (!part(2, "-", dashes)) return {};
  iso += 'T';
  if (!part(2, "Tt ", true)) return {};
  const bool colons = text.starts_with(':');
  iso += ':';
  if (!part(2, ":", colons)) return {};
  iso += ':';
  const bool seconds_there =
      colons ? text.starts_with(':') : !text.empty() && text[0] >= '0' && text[0] <= '9';
  if (!seconds_there) {
    iso += "00";
  } else if (!part(2, ":", colons)) {
    return {};
  }
  return parse_iso8601(iso + 'Z');
}

}  // namespace

Result<AwsCredentialSet> parse_credential_json(CredentialJson kind, std::string_view text,
                                               std::string source) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error || !document.is_object()) return Error{str(source, " gave no JSON object")};
  const json::object& object = document.get_object();
  if (Status head = check_head(kind, object, source); !head) return head.error();
  const std::string token = kind == CredentialJson::kCommand ? "SessionToken" : "Token";
  std::string odd;
  AwsCredentialSet set;
  set.keys = {text_at(object, "AccessKeyId", odd), text_at(object, "SecretAccessKey", odd),
              text_at(object, token, odd)};
  const std::string expires = text_at(object, "Expiration", odd);
  if (!odd.empty()) return Error{str(source, " gave a ", odd, " that is no text")};
  const std::string of = str(" of ", source);
  if (Status clean =
          wire::clean_keys(set.keys, {"AccessKeyId" + of, "SecretAccessKey" + of, token + of});
      !clean) {
    return clean.error();
  }
  if (set.keys.id.empty() || set.keys.secret.empty()) {
    return Error{str(source, " gave no AccessKeyId and SecretAccessKey")};
  }
  if (!expires.empty()) {
    set.expires = parse_expiration(expires);
    if (!set.expires) {
      return Error{str(source,
                       " gave an Expiration that is no time with its zone, such as "
                       "2027-01-01T00:00:00Z")};
    }
  }
  set.source = std::move(source);
  return set;
}

std::optional<WallTime> parse_expiration(std::string_view text) {
  text = trim(text);
  if (const auto date = parse_http_date(text)) return date;
  const auto time = take_date_and_time(text);
  if (!time) return {};
  if (take_one_of(text, ".,")) {
    const auto end = text.find_first_not_of("0123456789");
    if (end == 0 || end == text.npos) return {};
    text.remove_prefix(end);
  }
  const auto ahead = parse_zone(trim(text));
  if (!ahead) return {};
  return *time - *ahead;
}

}  // namespace cb::io
