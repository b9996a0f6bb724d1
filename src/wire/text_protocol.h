#pragma once
// What a client's line asks for. One line at a time and without state: wire/text_session.h holds a
// connection's, wire/text_answers.h the way back. docs/protocol.md is the client's view.

#include <string>
#include <string_view>
#include <variant>

#include "core/model/request.h"

namespace cb::wire {

// `HELLO 2` or `HELLO 3`: commands follow one another from here on.
struct Hello {
  int protocol = 2;
  std::string client;  // empty: no name given
  LeaseId lease;       // to be resumed, HELLO 3 only; 0: none
};
// A line that is answered without asking the broker, and has no effect.
struct BadLine {
  std::string answer;       // the whole line, without newline
  bool unreadable = false;  // NUL or not UTF-8: the stream cannot be trusted and is closed
};
using Command = std::variant<core::Request, Hello, BadLine>;

inline constexpr std::string_view kBadRequest = "ERROR: Bad request";
inline constexpr std::size_t kClientNameMax = 64;  // bytes
inline constexpr seconds kWaitMax = hours{24};
// Of hold=. No machine is kept for longer than max_lifetime, which may be shorter.
inline constexpr Duration kHoldMin = seconds{1}, kHoldMax = hours{24 * 30};
// Of cores=; EC2's largest machine has 1,792.
inline constexpr int kCoresMax = 10'000;
inline constexpr int kCountMax = 1'000;      // of count=
inline constexpr std::size_t kWordMax = 64;  // bytes, of type= and region=

// Any bytes without newline; a blank line is GET_WORKER. Lengths are the session's affair.
Command parse_command(std::string_view line);

// Whether silence ends an unfinished line of protocol 1. RELEASE takes longer: `RELEASE 10.0.0.1`
// may be the first segment of `RELEASE 10.0.0.12`, and the wrong machine would end. One that names
// a lease, or begins to, ends by its newline alone: without its lease it would mean another
// worker's end.
enum class EndedBySilence { kNever, kSoon, kLater };
EndedBySilence ended_by_silence(std::string_view unfinished);

}  // namespace cb::wire
