#include "sim/run/form.h"

#include <array>

#include "base/check.h"
#include "base/text.h"

namespace cb::sim {
namespace {

using Form = std::map<std::string, std::string>;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// The value of each letter of base64; -1: none of them.
constexpr std::array<signed char, 256> kBase64 = [] {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
  }
  return values;
}();

std::string base64_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = kBase64[static_cast<unsigned char>(c)];
    if (value < 0) continue;
    bits = bits << 6 | static_cast<unsigned>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xff);
  }
  return out;
}

std::string need(const Form& form, const std::string& key) {
  const auto found = form.find(key);
  if (found == form.end() || found->second.empty()) {
    throw CheckFailed(str("a launch request without ", key));
  }
  return found->second;
}

std::optional<minutes> lifetime_in(const std::string& user_data) {
  constexpr std::string_view kCommand = "shutdown -P +";
  const std::size_t at = user_data.find(kCommand);
  if (at == std::string::npos) return {};
  std::string_view rest = std::string_view(user_data).substr(at + kCommand.size());
  const auto number = parse_int(rest.substr(0, rest.find_first_not_of("0123456789")));
  if (!number) return {};
  return minutes{*number};
}

}  // namespace

Form decode_form(std::string_view body) {
  Form form;
  for (const std::string_view pair : split(body, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    form[percent_decoded(pair.substr(0, equals))] = percent_decoded(pair.substr(equals + 1));
  }
  return form;
}

std::string LaunchForm::tag(std::string_view key) const {
  const auto found = tags.find(key);
  return found == tags.end() ? std::string{} : found->second;
}

LaunchForm read_launch(std::string_view body) {
  LaunchForm launch;
  launch.fields = decode_form(body);
  const Form& form = launch.fields;
  launch.token = {need(form, "ClientToken")};
  launch.type = need(form, "InstanceType");
  launch.image = need(form, "ImageId");
  const auto market = form.find("InstanceMarketOptions.MarketType");
  if (market != form.end() && market->second == "spot") launch.market = core::Market::kSpot;
  for (int n = 1;; ++n) {
    const auto key = form.find(str("TagSpecification.1.Tag.", n, ".Key"));
    if (key == form.end()) break;
    launch.tags[key->second] = need(form, str("TagSpecification.1.Tag.", n, ".Value"));
  }
  if (need(form, "InstanceInitiatedShutdownBehavior") != "terminate") {
    throw CheckFailed("a launch whose shutdown would not terminate it");
  }
  const auto user_data = form.find("UserData");
  if (user_data != form.end()) launch.user_data = base64_decoded(user_data->second);
  launch.lifetime = lifetime_in(launch.user_data);
  return launch;
}

}  // namespace cb::sim
