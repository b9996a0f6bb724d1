#include "ec2sim/api/signature.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/text.h"
#include "ec2sim/api/query.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"
#include "wire/sigv4.h"

namespace cb::ec2sim {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

[[noreturn]] void not_valid() {
  throw Refusal{"AuthFailure", "AWS was not able to validate the provided access credentials"};
}

[[noreturn]] void incomplete(std::string_view what) {
  throw Refusal{"IncompleteSignature",
                str("The request signature does not conform to AWS standards: ", what, ".")};
}

struct Authorization {
  std::string key_id, date, region, service;
  std::vector<std::string> signed_headers;
  std::string signature;
};

std::string_view part(std::string_view header, std::string_view name) {
  const std::size_t at = header.find(str(name, '='));
  if (at == std::string_view::npos) incomplete(str(name, " is missing from Authorization"));
  const std::string_view rest = header.substr(at + name.size() + 1);
  return trim(rest.substr(0, rest.find(',')));
}

Authorization parse(std::string_view header) {
  if (!header.starts_with(kAlgorithm)) incomplete(str("the algorithm must be ", kAlgorithm));
  const auto scope = split(part(header, "Credential"), '/');
  if (scope.size() != 5 || scope[2].empty() || scope[4] != "aws4_request") {
    incomplete("Credential must be KEY/DATE/REGION/SERVICE/aws4_request");
  }
  Authorization parsed;
  parsed.key_id = scope[0];
  parsed.date = scope[1];
  parsed.region = scope[2];
  parsed.service = scope[3];
  for (const auto name : split(part(header, "SignedHeaders"), ';')) {
    parsed.signed_headers.emplace_back(name);
  }
  parsed.signature = part(header, "Signature");
  return parsed;
}

// "20261123T100000Z"
WallTime parse_amz_date(std::string_view text) {
  std::optional<WallTime> time;
  if (text.size() == 16) {
    time = parse_iso8601(str(text.substr(0, 4), '-', text.substr(4, 2), '-', text.substr(6, 5), ':',
                             text.substr(11, 2), ':', text.substr(13)));
  }
  if (!time) incomplete("X-Amz-Date must be such as 20261123T100000Z");
  return *time;
}

wire::RequestToSign signed_part(const HttpRequest& request, const Authorization& claim) {
  wire::RequestToSign part;
  part.method = request.method;
  part.path = path_of(request);
  part.query = parse_form(query_of(request));
  part.body = request.body;
  for (const auto& [name, value] : request.headers) {
    if (std::ranges::count(claim.signed_headers, name) > 0) part.headers.emplace_back(name, value);
  }
  return part;
}

void check_signed_headers(const HttpRequest& request, const Authorization& claim) {
  for (const std::string_view name : {"host", "x-amz-date"}) {
    if (std::ranges::count(claim.signed_headers, name) == 0) incomplete(str(name, " is unsigned"));
  }
  for (const std::string& name : claim.signed_headers) {
    const bool there =
        std::ranges::any_of(request.headers, [&](const auto& pair) { return pair.first == name; });
    if (!there) incomplete(str("the signed header ", name, " is missing"));
  }
}

void check_time(WallTime signed_at, const Authorization& claim, const Settings& settings,
                Micros now) {
  const Micros age = now - Micros{signed_at.time_since_epoch()};
  if (std::chrono::abs(age) > settings.signature_window) {
    throw Refusal{"RequestExpired", "Request has expired."};
  }
  if (wire::amz_date(signed_at).substr(0, 8) != claim.date) {
    incomplete("the dates of Credential and X-Amz-Date differ");
  }
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Caller authenticate(const HttpRequest& request, const Settings& settings, Micros now) {
  const std::string_view header = request.header("authorization");
  if (header.empty()) {
    throw Refusal{"MissingAuthenticationToken",
                  "The request must contain either a valid (registered) AWS access key ID or X.509 "
                  "certificate."};
  }
  const Authorization claim = parse(header);
  if (!any_matches(settings.regions, claim.region)) not_valid();
  const Caller caller{claim.key_id, claim.region, claim.service};
  if (!settings.verify_signatures) return caller;
  const WallTime signed_at = parse_amz_date(request.header("x-amz-date"));
  check_signed_headers(request, claim);
  check_time(signed_at, claim, settings, now);
  const auto key = settings.access_keys.find(claim.key_id);
  if (key == settings.access_keys.end()) not_valid();
  if (!same(request.header("x-amz-security-token"), key->second.session_token)) not_valid();
  const std::string expected =
      wire::sigv4_signature(wire::canonical_request(signed_part(request, claim)),
                            {claim.region, claim.service, signed_at}, key->second.secret);
  if (!same(expected, claim.signature)) not_valid();
  return caller;
}

}  // namespace cb::ec2sim
