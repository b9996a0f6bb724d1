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
// Options of GET_WORKER that this protocol has and this broker does not serve.
constexpr std::array<std::string_view, 5> kUnserved{"type", "region", "market", "count",
                                                    "exclusive"};
constexpr std::string_view kServed = "GET_WORKER takes wait=, client=, pool= and cores=";

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

Command parse_get_worker(const Words& options) {
  if (const auto key = repeated_key(options); !key.empty()) {
    return bad_request(key, "= is given twice");
  }
  core::GetWorker request;
  for (const auto word : options) {
    const auto [key, value] = option(word);
    if (key == "wait") {
      const auto wait = parse_int(value);
      if (!wait || *wait < 0 || *wait > kWaitMax.count()) {
        return bad_request("wait= takes whole seconds from 0 to ", kWaitMax.count());
      }
      request.wait = seconds{*wait};
    } else if (key == "client") {
      if (!good_name(value)) return bad_name();
      request.client = value;
    } else if (key == "pool") {
      if (!is_pool_name(value)) {
        return bad_request("pool= takes the name of a pool: 1 to 32 of a-z, 0-9, -");
      }
      request.pool = {std::string(value)};
    } else if (key == "cores") {
      const auto cores = parse_int(value);
      if (!cores || *cores < 1 || *cores > kCoresMax) {
        return bad_request("cores= takes a whole number from 1 to ", kCoresMax);
      }
      request.cores = static_cast<int>(*cores);
    } else if (std::count(kUnserved.begin(), kUnserved.end(), key) != 0) {
      return bad_request(key, "= is not served by this broker; ", kServed);
    } else {
      return bad_request("unknown option ", word, "; ", kServed);
    }
  }
  return core::Request{std::move(request)};
}

Command parse_hello(const Words& arguments) {
  if (arguments.empty() || arguments.front() != "2") {
    return bad_request("only protocol 2 has a greeting; say HELLO 2");
  }
  const Words options(arguments.begin() + 1, arguments.end());
  if (const auto key = repeated_key(options); !key.empty()) {
    return bad_request(key, "= is given twice");
  }
  Hello hello;
  for (const auto word : options) {
    const auto [key, value] = option(word);
    if (key == "token") return bad_request("no tokens are configured");
    if (key == "lease") return bad_request("lease= is not served by this broker");
    if (key != "client") return bad_request("unknown option ", word, "; HELLO 2 takes client=");
    if (!good_name(value)) return bad_name();
    hello.client = value;
  }
  return hello;
}

// PING and RELEASE: whatever follows the address is ignored.
template <class Asked>
Command parse_addressed(const Words& arguments) {
  if (arguments.empty()) return BadLine{std::string(kUnknownCommand)};
  return core::Request{Asked{std::string(arguments.front())}};
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

}  // namespace

Command parse_command(std::string_view line) {
  if (line.find('\0') != line.npos || !is_utf8(line)) {
    return BadLine{std::string(kBadRequest), true};
  }
  Words arguments = words(line);
  if (arguments.empty()) return core::Request{core::GetWorker{}};
  const std::string_view verb = arguments.front();
  arguments.erase(arguments.begin());
  if (verb == "GET_WORKER") return parse_get_worker(arguments);
  if (verb == "PING") return parse_addressed<core::Ping>(arguments);
  if (verb == "RELEASE") return parse_addressed<core::Release>(arguments);
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
  const auto has_address = [&](std::string_view verb) {
    return command.starts_with(verb) && command.size() > verb.size();
  };
  if (has_address("PING ")) return EndedBySilence::kSoon;
  if (has_address("RELEASE ")) return EndedBySilence::kLater;
  return EndedBySilence::kNever;
}

}  // namespace cb::wire
