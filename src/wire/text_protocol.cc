#include "wire/text_protocol.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "wire/text_answers.h"

namespace cb::wire {
namespace {

constexpr std::string_view kUnknownCommand = "ERROR: Unknown command";
using Words = std::vector<std::string_view>;

template <class... Pieces>
BadLine bad_request(const Pieces&... pieces) {
  return {one_line(str(kBadRequest, ": ", pieces...))};
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kClientNameMax &&
         std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

BadLine bad_lease() {
  return bad_request("lease= takes the id of a lease, as GET_WORKER gave it");
}

BadLine bad_name() {
  return bad_request("client= takes a name of 1 to ", kClientNameMax, " printable bytes");
}

// What an option says, split at its first '='; no key when there is none.
std::pair<std::string_view, std::string_view> option(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == word.npos) return {{}, word};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

// The first key that stands twice; empty: none.
std::string_view repeated_key(const Words& options) {
  for (auto at = options.begin(); at != options.end(); ++at) {
    const auto same = [&](std::string_view w) { return option(w).first == option(*at).first; };
    if (std::any_of(options.begin(), at, same)) return option(*at).first;
  }
  return {};
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kWordMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
         });
}

// One option of GET_WORKER: sets it, or says what it takes.
using SetOption = std::string (*)(core::GetWorker& request, std::string_view value);
struct GetOption {
  std::string_view key;
  SetOption set;
};

std::optional<int> number(std::string_view value, int most) {
  const auto number = parse_int(value);
  if (!number || *number < 1 || *number > most) return {};
  return static_cast<int>(*number);
}

std::string set_wait(core::GetWorker& request, std::string_view value) {
  const auto wait = parse_int(value);
  if (!wait || *wait < 0 || *wait > kWaitMax.count()) {
    return str("whole seconds from 0 to ", kWaitMax.count());
  }
  request.wait = seconds{*wait};
  return {};
}

std::string set_client(core::GetWorker& request, std::string_view value) {
  if (!good_name(value)) return str("a name of 1 to ", kClientNameMax, " printable bytes");
  request.client = value;
  return {};
}

std::string set_pool(core::GetWorker& request, std::string_view value) {
  if (!is_pool_name(value)) return "the name of a pool: 1 to 32 of a-z, 0-9, -";
  request.pool = {std::string(value)};
  return {};
}

std::string set_cores(core::GetWorker& request, std::string_view value) {
  const auto cores = number(value, kCoresMax);
  if (!cores) return str("a whole number from 1 to ", kCoresMax);
  request.cores = *cores;
  return {};
}

std::string set_type(core::GetWorker& request, std::string_view value) {
  if (!is_word(value) || value.find('.') == value.npos) {
    return "an instance type such as c7i.16xlarge";
  }
  request.type = std::string(value);
  return {};
}

std::string set_region(core::GetWorker& request, std::string_view value) {
  if (!is_word(value)) return "a region such as us-east-1";
  request.region = std::string(value);
  return {};
}

std::string set_market(core::GetWorker& request, std::string_view value) {
  if (value == "spot") {
    request.market = core::Market::kSpot;
  } else if (value == "on-demand") {
    request.market = core::Market::kOnDemand;
  } else {
    return "spot or on-demand";
  }
  return {};
}

std::string set_count(core::GetWorker& request, std::string_view value) {
  const auto count = number(value, kCountMax);
  if (!count) return str("a whole number from 1 to ", kCountMax);
  request.count = *count;
  return {};
}

std::string set_exclusive(core::GetWorker& request, std::string_view value) {
  if (value != "0" && value != "1") return "1 or 0";
  request.alone = value == "1";
  return {};
}

std::string set_hold(core::GetWorker& request, std::string_view value) {
  const auto hold = parse_duration(value);
  if (!hold || *hold < kHoldMin || *hold > kHoldMax) {
    return str("a time such as 20m, from ", to_string(kHoldMin), " to ", to_string(kHoldMax));
  }
  request.hold = *hold;
  return {};
}

constexpr GetOption kGetOptions[] = {{"wait", set_wait},           {"client", set_client},
                                     {"pool", set_pool},           {"cores", set_cores},
                                     {"type", set_type},           {"region", set_region},
                                     {"market", set_market},       {"count", set_count},
                                     {"exclusive", set_exclusive}, {"hold", set_hold}};

std::string all_get_options() {
  std::vector<std::string> out;
  for (const GetOption& option : kGetOptions) out.push_back(str(option.key, "="));
  return join(out, ", ");
}

Command parse_get_worker(const Words& options) {
  if (const auto key = repeated_key(options); !key.empty()) {
    return bad_request(key, "= is given twice");
  }
  core::GetWorker request;
  for (const auto word : options) {
    const auto [key, value] = option(word);
    const auto known =
        std::find_if(std::begin(kGetOptions), std::end(kGetOptions),
                     [&](const GetOption& one) { return one.key == option(word).first; });
    if (known == std::end(kGetOptions)) {
      return bad_request("unknown option ", word, "; GET_WORKER takes ", all_get_options());
    }
    if (const auto takes = known->set(request, value); !takes.empty()) {
      return bad_request(key, "= takes ", takes);
    }
  }
  return core::Request{std::move(request)};
}

Command parse_hello(const Words& arguments) {
  Hello hello;
  const auto protocol = arguments.empty() ? std::nullopt : parse_int(arguments.front());
  if (!protocol || *protocol < 2 || *protocol > 3) {
    return bad_request("only protocols 2 and 3 have a greeting; say HELLO 2 or HELLO 3");
  }
  hello.protocol = static_cast<int>(*protocol);
  const Words options(arguments.begin() + 1, arguments.end());
  if (const auto key = repeated_key(options); !key.empty()) {
    return bad_request(key, "= is given twice");
  }
  for (const auto word : options) {
    const auto [key, value] = option(word);
    if (key == "token") return bad_request("no tokens are configured");
    if (key == "lease" && hello.protocol == 2) return bad_request("lease= needs HELLO 3");
    if (key == "lease") {
      const auto lease = parse_lease_id(value);
      if (!lease) return bad_lease();
      hello.lease = *lease;
    } else if (key == "client") {
      if (!good_name(value)) return bad_name();
      hello.client = value;
    } else {
      return bad_request("unknown option ", word, "; HELLO ", hello.protocol,
                         " takes client=", hello.protocol == 3 ? " and lease=" : "");
    }
  }
  return hello;
}

// PING and RELEASE: whatever else follows the address is ignored.
template <class Asked>
Command parse_addressed(const Words& arguments) {
  if (arguments.empty()) return BadLine{std::string(kUnknownCommand)};
  Asked asked{std::string(arguments.front())};
  for (const auto word : arguments) {
    const auto [key, value] = option(word);
    if (key != "lease") continue;
    const auto lease = parse_lease_id(value);
    if (!lease) return bad_lease();
    if (!asked.lease.none()) return bad_request("lease= is given twice");
    asked.lease = *lease;
  }
  return core::Request{std::move(asked)};
}

Command parse_renew(const Words& arguments) {
  if (arguments.size() != 1 || option(arguments.front()).first != "lease") {
    return bad_request("RENEW takes lease=");
  }
  const auto lease = parse_lease_id(option(arguments.front()).second);
  if (!lease) return bad_lease();
  return core::Request{core::Renew{*lease}};
}

Command parse_status(const Words& arguments) {
  const bool everything = arguments == Words{"all"};
  if (!arguments.empty() && !everything) return BadLine{std::string(kUnknownCommand)};
  return core::Request{core::ShowStatus{everything}};
}

template <class Asked>
Command parse_bare(const Words& arguments) {
  if (!arguments.empty()) return BadLine{std::string(kUnknownCommand)};
  return core::Request{Asked{}};
}

// What is left of "lease=" and of its id may come with the next segment.
bool names_a_lease(std::string_view word) {
  constexpr std::string_view kLease = "lease=";
  return word.starts_with(kLease) || kLease.starts_with(word);
}

}  // namespace

Command parse_command(std::string_view line) {
  if (line.find('\0') != line.npos || !is_utf8(line)) {
    return BadLine{std::string(kBadRequest), true};
  }
  const std::string_view text = trim(line);
  if (text.empty()) return core::Request{core::GetWorker{}};
  const std::string_view verb = first_word(text);
  // Most lines are a verb alone.
  const Words arguments = verb.size() == text.size() ? Words{} : words(text.substr(verb.size()));
  if (verb == "GET_WORKER") return parse_get_worker(arguments);
  if (verb == "PING") return parse_addressed<core::Ping>(arguments);
  if (verb == "RELEASE") return parse_addressed<core::Release>(arguments);
  if (verb == "RENEW") return parse_renew(arguments);
  if (verb == "STATUS") return parse_status(arguments);
  if (verb == "LIST_ALL") return parse_bare<core::ListAll>(arguments);
  if (verb == "TERMINATE_ALL") return parse_bare<core::TerminateAll>(arguments);
  if (verb == "HELLO") return parse_hello(arguments);
  if (verb == "AUTH") return bad_request("no tokens are configured");
  return BadLine{std::string(kUnknownCommand)};
}

EndedBySilence ended_by_silence(std::string_view unfinished) {
  const std::string_view command = trim(unfinished);
  if (command == "GET_WORKER") return EndedBySilence::kSoon;
  const Words said = words(command);
  if (std::any_of(said.begin(), said.end(), names_a_lease)) return EndedBySilence::kNever;
  const auto has_address = [&](std::string_view verb) {
    return command.starts_with(verb) && command.size() > verb.size();
  };
  if (has_address("PING ")) return EndedBySilence::kSoon;
  if (has_address("RELEASE ")) return EndedBySilence::kLater;
  return EndedBySilence::kNever;
}

}  // namespace cb::wire
