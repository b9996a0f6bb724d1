#include "wire/sigv4.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/text.h"
#include "wire/ec2_request.h"

namespace cb::wire {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(bytes(text), text.size(), digest.data());
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes(text), text.size(),
             digest.data(), &size) != nullptr);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

// Blanks at the ends are dropped and those within become one space each.
std::string one_spaced(std::string_view value) {
  std::string out;
  for (std::string_view word : words(value)) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

// Sorted by name; the values of a repeated name joined by commas, in their order.
Headers canonical_headers(const Headers& headers) {
  Headers out;
  for (const auto& [name, value] : headers) out.emplace_back(lower(name), one_spaced(value));
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Headers merged;
  for (auto& [name, value] : out) {
    if (!merged.empty() && merged.back().first == name) {
      merged.back().second += ',' + value;
    } else {
      merged.emplace_back(std::move(name), std::move(value));
    }
  }
  return merged;
}

std::string signed_names(const Headers& canonical) {
  std::string out;
  for (const auto& [name, value] : canonical) out += (out.empty() ? "" : ";") + name;
  return out;
}

// Every segment is encoded once more, as all services but S3 do it.
std::string canonical_path(std::string_view path) {
  std::string out;
  bool first = true;
  for (std::string_view segment : split(path, '/')) {
    if (!first) out += '/';
    first = false;
    out += percent_encoded(segment);
  }
  return out.empty() ? "/" : out;
}

std::string canonical_query(const RequestToSign& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : request.query) {
    pairs.emplace_back(percent_encoded(name), percent_encoded(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out += str(out.empty() ? "" : "&", name, '=', value);
  return out;
}

std::string scope_text(const SigningScope& scope) {
  return str(amz_date(scope.time).substr(0, 8), '/', scope.region, '/', scope.service,
             "/aws4_request");
}

}  // namespace

std::string amz_date(WallTime time) {
  std::string out;
  for (char c : iso8601(time)) {
    if (c != '-' && c != ':') out += c;
  }
  return out;
}

std::string canonical_request(const RequestToSign& request) {
  const Headers headers = canonical_headers(request.headers);
  std::string out =
      str(request.method, '\n', canonical_path(request.path), '\n', canonical_query(request), '\n');
  for (const auto& [name, value] : headers) out += str(name, ':', value, '\n');
  return out + str('\n', signed_names(headers), '\n', sha256_hex(request.body));
}

std::string sigv4_signature(std::string_view canonical, const SigningScope& scope,
                            std::string_view secret) {
  const std::string date = amz_date(scope.time);
  std::string key = hmac(str("AWS4", secret), date.substr(0, 8));
  key = hmac(key, scope.region);
  key = hmac(key, scope.service);
  key = hmac(key, "aws4_request");
  return hex(
      hmac(key, str(kAlgorithm, '\n', date, '\n', scope_text(scope), '\n', sha256_hex(canonical))));
}

Headers sign_v4(const RequestToSign& request, const SigningScope& scope, const AwsKeys& keys) {
  Headers added{{"X-Amz-Date", amz_date(scope.time)}};
  if (!keys.session_token.empty()) added.emplace_back("X-Amz-Security-Token", keys.session_token);
  RequestToSign all = request;
  all.headers.insert(all.headers.end(), added.begin(), added.end());
  const std::string signature = sigv4_signature(canonical_request(all), scope, keys.secret);
  added.emplace_back("Authorization",
                     str(kAlgorithm, " Credential=", keys.id, '/', scope_text(scope),
                         ", SignedHeaders=", signed_names(canonical_headers(all.headers)),
                         ", Signature=", signature));
  return added;
}

}  // namespace cb::wire
