#pragma once
// One client's connection of the text protocol, without its socket: framing, protocols 1 to 3,
// time limits, and how a connection ends. Whoever owns the socket feeds it what happens and, after
// each call, looks at output(), phase(), input_room() and deadline(). Not thread-safe; time is
// handed in and never decreases.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "core/model/request.h"
#include "core/model/settings.h"
#include "wire/text_protocol.h"

namespace cb::wire {

struct TextLimits {
  std::size_t line_max = 1024;            // bytes, without newline and the \r before it
  Duration silence = milliseconds{200};   // ends GET_WORKER and PING <ip> of protocol 1
  Duration release_silence = seconds{2};  // ends RELEASE <ip> of protocol 1
  Duration first_command = seconds{10};   // from the accepted connection to its first command
  std::size_t linger_bytes = 64 * 1024;   // read and discarded after the last answer
  Duration linger = seconds{1};
  std::size_t input_max = 16 * 1024;   // bytes of pipelined commands held; then reading stops
  std::size_t output_max = 64 * 1024;  // bytes unsent; beyond, no further command is begun
  Duration write_stall = seconds{30};  // a client that takes no byte for so long is gone
};

struct TextOptions {
  TextLimits limits;
  std::string version;                     // in the answer to HELLO
  bool empty_input_is_get_worker = false;  // a half-close without a byte asks for a worker
};

class TextSession {
 public:
  enum class Phase : std::uint8_t {
    kReading,    // no request is with the broker
    kWaiting,    // one is: answered() comes next, unless the caller goes
    kEnding,     // the last line is in output()
    kLingering,  // it is written: shut down writing, then feed and discard what still comes
    kClosed,     // close the socket; a request still with the broker has lost its caller
  };
  using Asked = std::optional<core::Request>;

  // `options` outlives the session.
  TextSession(const TextOptions& options, Instant now);
  // A connection that gets one line and is closed.
  // `line` is an answer, without newline.
  static TextSession refusing(const TextOptions& options, Instant now, std::string_view line);

  // Each returns the request to put to the broker, if there is one. At most one is out at a time.
  [[nodiscard]] Asked received(std::string_view bytes, Instant now);
  [[nodiscard]] Asked input_ended(Instant now);                           // FIN
  [[nodiscard]] Asked answered(const core::Answer& answer, Instant now);  // in kWaiting only
  [[nodiscard]] Asked wrote(std::size_t bytes, Instant now);  // so much of output() was taken
  [[nodiscard]] Asked time_passed(Instant now);               // harmless before deadline()

  // A progress line, while it waits. Left out where the client does not read, or in protocol 1.
  void told(const core::Progress& progress, Instant now);
  // Of a lease that is bound to the connection. Left out where the client does not read.
  void noticed(const core::Notice& notice, Instant now);
  // The connection was reset or a write failed.
  void reset() { phase_ = Phase::kClosed; }
  // The broker ends: who has said or asked something gets an ERROR line.
  void stop(Instant now);

  Phase phase() const { return phase_; }
  int protocol() const { return protocol_; }
  std::string_view output() const { return std::string_view(output_).substr(sent_); }
  // How many bytes may be fed next; at 0 reading stops.
  std::size_t input_room() const;
  // Memory of its buffers: at most 4 x (input_max + output_max + the longest answer), whatever the
  // client does.
  std::size_t bytes_held() const { return input_.capacity() + output_.capacity(); }
  // The name that the client gave itself with HELLO; empty: none.
  const std::string& client() const { return client_; }
  // When time_passed() is next wanted.
  std::optional<Instant> deadline() const;

 private:
  Asked advance(Instant now);
  Asked take_line(std::string_view line, Instant now);
  Asked ask(core::Request&& request, Instant now);
  Asked greeted(Hello hello, Instant now);
  std::string greeting() const;
  Asked refuse(std::string_view answer, Instant now);
  Asked end_of_input(Instant now);
  void say(std::string_view line, Instant now);
  void end_with(std::string_view line, Instant now);
  void end(Instant now);
  std::string_view unread() const { return std::string_view(input_).substr(read_); }
  std::optional<Instant> silence_deadline() const;
  bool stalled(Instant now) const;

  const TextOptions* options_;
  std::string input_;   // from read_ on: not yet taken as lines
  std::string output_;  // from sent_ on: not yet written
  std::size_t read_ = 0;
  std::size_t sent_ = 0;
  std::size_t discarded_ = 0;
  std::string client_;  // from HELLO
  Instant since_;       // begin of the connection, later of lingering
  Instant last_input_;
  Instant last_output_;  // when a byte was last taken, or output() was last empty
  Phase phase_ = Phase::kReading;
  std::uint8_t protocol_ = 1;
  bool input_ended_ = false;
  bool resuming_ = false;  // the answer to come is that to HELLO
};

}  // namespace cb::wire
