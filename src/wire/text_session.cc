#include "wire/text_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "wire/text_answers.h"
#include "wire/text_protocol.h"

namespace cb::wire {
namespace {

constexpr std::size_t kProgressMax = 4096;  // unsent bytes beyond which progress is left out

// An unfinished line that cannot become a good one: too long already, or binary.
bool hopeless(std::string_view unfinished, std::size_t line_max) {
  const bool too_long = unfinished.size() > line_max + 1 ||
                        (unfinished.size() == line_max + 1 && unfinished.back() != '\r');
  return too_long || unfinished.find('\0') != unfinished.npos;
}

// Forgets what was taken from the front of a buffer. Only when that is at least what is left, so
// that a byte is moved once; a client who never lets a buffer run dry makes it no longer than twice
// that.
void drop_taken(std::string& buffer, std::size_t& taken) {
  if (taken >= buffer.size() - taken) buffer.erase(0, std::exchange(taken, 0));
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

TextSession::TextSession(const TextOptions& options, Instant now)
    : options_(&options), since_(now), last_input_(now), last_output_(now) {}

TextSession TextSession::refusing(const TextOptions& options, Instant now, std::string_view line) {
  TextSession session(options, now);
  session.end_with(line, now);
  return session;
}

TextSession::Asked TextSession::received(std::string_view bytes, Instant now) {
  last_input_ = now;
  if (phase_ == Phase::kLingering) {
    discarded_ += bytes.size();
    if (discarded_ >= options_->limits.linger_bytes) phase_ = Phase::kClosed;
    return {};
  }
  const bool first_line_is_over = protocol_ == 1 && phase_ != Phase::kReading;
  if (first_line_is_over || phase_ == Phase::kEnding || phase_ == Phase::kClosed) return {};
  drop_taken(input_, read_);
  input_.append(bytes);
  return advance(now);
}

TextSession::Asked TextSession::input_ended(Instant now) {
  input_ended_ = true;
  if (phase_ == Phase::kLingering) phase_ = Phase::kClosed;
  return advance(now);
}

TextSession::Asked TextSession::answered(const core::Answer& answer, Instant now) {
  CHECK(phase_ == Phase::kWaiting);
  phase_ = Phase::kReading;
  if (std::exchange(resuming_, false)) {
    const bool refused = std::holds_alternative<core::Refused>(answer);
    if (!refused) {
      say(greeting(), now);
      return advance(now);
    }
    end_with(answer_line(answer), now);
    return {};
  }
  say(answer_line(answer), now);
  if (protocol_ == 1) {
    end(now);
    return {};
  }
  return advance(now);
}

TextSession::Asked TextSession::wrote(std::size_t bytes, Instant now) {
  if (bytes != 0) last_output_ = now;
  sent_ += bytes;
  if (sent_ == output_.size()) {
    output_.clear();
    sent_ = 0;
    if (phase_ == Phase::kEnding) end(now);
  }
  return advance(now);
}

TextSession::Asked TextSession::time_passed(Instant now) {
  if (const auto due = deadline(); !due || now < *due) return {};
  if (stalled(now) || phase_ == Phase::kLingering) {
    phase_ = Phase::kClosed;
    return {};
  }
  if (const auto silent = silence_deadline(); silent && now >= *silent) {
    return take_line(unread(), now);
  }
  if (unread().empty()) {
    end(now);
  } else {
    end_with(str(kBadRequest, ": no complete command within ",
                 to_string(options_->limits.first_command), "; end it with a newline"),
             now);
  }
  return {};
}

void TextSession::told(const core::Progress& progress, Instant now) {
  if (protocol_ >= 2 && phase_ == Phase::kWaiting && output().size() < kProgressMax) {
    say(progress_line(progress), now);
  }
}

void TextSession::noticed(const core::Notice& notice, Instant now) {
  const bool open = phase_ == Phase::kReading || phase_ == Phase::kWaiting;
  if (open && output().size() < options_->limits.output_max) say(notice_line(notice), now);
}

void TextSession::stop(Instant now) {
  if (phase_ == Phase::kWaiting || (phase_ == Phase::kReading && !unread().empty())) {
    end_with("ERROR: the broker is stopping; ask again when it is back", now);
  } else if (phase_ == Phase::kReading) {
    end(now);
  }
}

std::size_t TextSession::input_room() const {
  const TextLimits& limits = options_->limits;
  if (input_ended_) return 0;
  if (phase_ == Phase::kLingering) return limits.linger_bytes - discarded_;
  if (phase_ == Phase::kReading && protocol_ == 1) return limits.line_max + 2 - unread().size();
  const bool open = phase_ == Phase::kReading || phase_ == Phase::kWaiting;
  if (!open || protocol_ == 1 || output().size() > limits.output_max) return 0;
  return limits.input_max - std::min(limits.input_max, unread().size());
}

std::optional<Instant> TextSession::deadline() const {
  const TextLimits& limits = options_->limits;
  if (phase_ == Phase::kClosed) return {};
  if (!output().empty()) return last_output_ + limits.write_stall;
  if (phase_ == Phase::kLingering) return since_ + limits.linger;
  if (phase_ != Phase::kReading || protocol_ != 1) return {};
  const Instant first = since_ + limits.first_command;
  return std::min(first, silence_deadline().value_or(first));
}

// Takes complete lines until one is with the broker, or none is left.
TextSession::Asked TextSession::advance(Instant now) {
  const TextLimits& limits = options_->limits;
  while (phase_ == Phase::kReading && output().size() <= limits.output_max) {
    const std::string_view rest = unread();
    const std::size_t newline = rest.find('\n');
    if (newline == rest.npos) {
      input_.erase(0, std::exchange(read_, 0));
      if (hopeless(unread(), limits.line_max)) end_with(kBadRequest, now);
      return input_ended_ && phase_ == Phase::kReading ? end_of_input(now) : Asked{};
    }
    read_ += newline + 1;
    if (auto asked = take_line(rest.substr(0, newline), now)) return asked;
  }
  return {};
}

TextSession::Asked TextSession::take_line(std::string_view line, Instant now) {
  line = without_cr(line);
  if (line.size() > options_->limits.line_max) {
    end_with(kBadRequest, now);
    return {};
  }
  Command command = parse_command(line);
  if (auto* request = std::get_if<core::Request>(&command)) return ask(std::move(*request), now);
  if (auto* hello = std::get_if<Hello>(&command); hello != nullptr && protocol_ == 1) {
    return greeted(std::move(*hello), now);
  }
  if (const auto* bad = std::get_if<BadLine>(&command)) {
    if (!bad->unreadable) return refuse(bad->answer, now);
    end_with(bad->answer, now);
    return {};
  }
  return refuse(str(kBadRequest, ": HELLO ", int{protocol_}, " was said already"), now);
}

// One line for one line; in protocol 1 it is the only one.
TextSession::Asked TextSession::refuse(std::string_view answer, Instant now) {
  if (protocol_ == 1) {
    end_with(answer, now);
  } else {
    say(answer, now);
  }
  return {};
}

TextSession::Asked TextSession::greeted(Hello hello, Instant now) {
  protocol_ = static_cast<std::uint8_t>(hello.protocol);
  client_ = std::move(hello.client);
  if (hello.lease.none()) {
    say(greeting(), now);
    return {};
  }
  resuming_ = true;
  return ask(core::Renew{hello.lease}, now);
}

std::string TextSession::greeting() const {
  return str("OK compute-broker ", options_->version, " protocol ", int{protocol_});
}

TextSession::Asked TextSession::ask(core::Request&& request, Instant now) {
  if (auto* get = std::get_if<core::GetWorker>(&request); get != nullptr && protocol_ < 3) {
    // Without a lease nothing is anybody's own.
    const std::string_view key = get->hold        ? "hold="
                                 : get->count > 1 ? "count="
                                 : get->alone     ? "exclusive="
                                                  : "";
    if (!key.empty()) return refuse(str(kBadRequest, ": ", key, " needs HELLO 3"), now);
  }
  phase_ = Phase::kWaiting;
  if (protocol_ == 1) {
    // Whatever follows the first line is discarded; a waiting caller holds no buffer.
    input_ = std::string();
    read_ = 0;
  } else if (auto* get = std::get_if<core::GetWorker>(&request)) {
    if (get->client.empty()) get->client = client_;
    get->wants_progress = true;
    get->leased = protocol_ >= 3;
  }
  return std::move(request);
}

// Only in protocol 1 does the end of input end a command.
TextSession::Asked TextSession::end_of_input(Instant now) {
  if (protocol_ == 1 && !unread().empty()) return take_line(unread(), now);
  if (protocol_ == 1 && options_->empty_input_is_get_worker) return ask(core::GetWorker{}, now);
  end(now);
  return {};
}

void TextSession::say(std::string_view line, Instant now) {
  if (output().empty()) last_output_ = now;
  drop_taken(output_, sent_);
  output_.append(line).append(1, '\n');
}

void TextSession::end_with(std::string_view line, Instant now) {
  say(line, now);
  end(now);
}

// No more is taken from the client. What is still to be written is, and then it lingers.
void TextSession::end(Instant now) {
  input_ = std::string();
  read_ = 0;
  if (!output().empty()) {
    phase_ = Phase::kEnding;
  } else {
    phase_ = input_ended_ ? Phase::kClosed : Phase::kLingering;
    since_ = now;
  }
}

std::optional<Instant> TextSession::silence_deadline() const {
  if (phase_ != Phase::kReading || protocol_ != 1) return {};
  switch (ended_by_silence(unread())) {
    case EndedBySilence::kSoon:
      return last_input_ + options_->limits.silence;
    case EndedBySilence::kLater:
      return last_input_ + options_->limits.release_silence;
    case EndedBySilence::kNever:
      break;
  }
  return {};
}

bool TextSession::stalled(Instant now) const {
  return !output().empty() && now >= last_output_ + options_->limits.write_stall;
}

}  // namespace cb::wire
