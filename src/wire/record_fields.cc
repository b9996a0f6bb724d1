#include "wire/record_fields.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>

namespace cb::wire {
namespace {

// Far past any machine's uptime, and far from where sums of two overflow.
constexpr std::int64_t kFurthest = 1'000'000'000'000'000;

// Lower-case hexadecimal, as escape_field writes it; -1 otherwise.
int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool high(char c) {
  return static_cast<unsigned char>(c) > 0x7f;
}

// One escape at the start of `text`, which is removed; empty when it is none of ours.
std::optional<char> take_escape(std::string_view& text) {
  const char letter = text.size() > 1 ? text[1] : '\0';
  if (letter == '\\' || letter == 'n') {
    text.remove_prefix(2);
    return letter == 'n' ? '\n' : '\\';
  }
  if (letter != 'x' || text.size() < 4) return {};
  const int high = nibble(text[2]), low = nibble(text[3]);
  if (high < 0 || low < 0) return {};
  text.remove_prefix(4);
  return static_cast<char>(high * 16 + low);
}

constexpr std::string_view kAddresses[] = {"public", "private"};
constexpr std::string_view kChecks[] = {"dserv", "tcp", "none"};

template <class Enum, std::size_t N>
bool read_word(std::string_view text, const std::string_view (&words)[N], Enum& value) {
  const auto* const found = std::find(std::begin(words), std::end(words), text);
  if (found == std::end(words)) return false;
  value = static_cast<Enum>(found - std::begin(words));
  return true;
}

bool read_milliseconds(std::string_view text, Duration& value) {
  const auto number = parse_int(text);
  if (!number || *number > kFurthest || *number < -kFurthest) return false;
  value = Duration{*number};
  return true;
}

}  // namespace

std::string escape_field(std::string_view text) {
  const auto ordinary = [](char c) { return c != '\\' && !control(c) && !high(c); };
  if (std::all_of(text.begin(), text.end(), ordinary)) return std::string(text);
  const bool ascii = std::none_of(text.begin(), text.end(), high);
  const bool utf8 = ascii || is_utf8(text);
  const auto plain = [&](char c) { return c != '\\' && !control(c) && (utf8 || !high(c)); };
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), plain);
    const auto size = static_cast<std::size_t>(end - text.begin());
    out += text.substr(0, size);
    text.remove_prefix(size);
    if (text.empty()) break;
    const char c = text.front();
    out += c == '\\' ? "\\\\" : c == '\n' ? "\\n" : str("\\x", hex({&c, 1}));
    text.remove_prefix(1);
  }
  return out;
}

std::optional<std::string> unescape_field(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto plain = std::min(text.find('\\'), text.size());
    const std::string_view piece = text.substr(0, plain);
    if (std::any_of(piece.begin(), piece.end(), control)) return {};
    out += piece;
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = take_escape(text);
    if (!c) return {};
    out += *c;
  }
  return out;
}

std::string write_value(const std::string& value) {
  return escape_field(value);
}
std::string write_value(std::uint64_t value) {
  return std::to_string(value);
}
std::string write_value(int value) {
  return std::to_string(value);
}
std::string write_value(bool value) {
  return value ? "yes" : "no";
}
std::string write_value(Duration value) {
  return std::to_string(value.count());
}
std::string write_value(Instant value) {
  return write_value(value.time_since_epoch());
}
std::string write_value(WallTime value) {
  using std::chrono::sys_days;
  constexpr WallTime kFirst{sys_days{std::chrono::year{0} / 1 / 1}};
  constexpr WallTime kLast{sys_days{std::chrono::year{10'000} / 1 / 1} - Duration{1}};
  return iso8601_ms(std::clamp(value, kFirst, kLast));
}
std::string write_value(core::Market value) {
  return std::string(core::to_string(value));
}
std::string write_value(core::WorkerPhase value) {
  return std::string(core::to_string(value));
}
std::string write_value(const core::Serving& value) {
  return str(kAddresses[static_cast<std::size_t>(value.address)], ' ', value.worker_port, ' ',
             kChecks[static_cast<std::size_t>(value.ready)], ' ', value.launch_timeout.count(), ' ',
             value.idle_timeout.count());
}

bool read_value(std::string_view text, std::string& value) {
  auto plain = unescape_field(text);
  if (plain) value = std::move(*plain);
  return plain.has_value();
}
bool read_value(std::string_view text, std::uint64_t& value) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stopped == end;
}
bool read_value(std::string_view text, int& value) {
  const auto number = parse_int(text);
  if (!number || *number < 0 || *number > std::numeric_limits<int>::max()) return false;
  value = static_cast<int>(*number);
  return true;
}
bool read_value(std::string_view text, bool& value) {
  value = text == "yes";
  return value || text == "no";
}
bool read_value(std::string_view text, Duration& value) {
  return read_milliseconds(text, value);
}
bool read_value(std::string_view text, Instant& value) {
  Duration since{0};
  if (!read_milliseconds(text, since)) return false;
  value = Instant{since};
  return true;
}
bool read_value(std::string_view text, WallTime& value) {
  const auto time = parse_iso8601(text);
  if (time) value = *time;
  return time.has_value();
}
bool read_value(std::string_view text, core::Market& value) {
  const auto market = core::parse_market(text);
  if (market) value = *market;
  return market.has_value();
}
bool read_value(std::string_view text, core::WorkerPhase& value) {
  const auto phase = core::parse_worker_phase(text);
  if (phase) value = *phase;
  return phase.has_value();
}
bool read_value(std::string_view text, core::Serving& value) {
  const auto parts = split(text, ' ');
  if (parts.size() != 5) return false;
  const auto port = parse_int(parts[1]);
  if (!port || *port < 1 || *port > 65535) return false;
  value.worker_port = static_cast<int>(*port);
  return read_word(parts[0], kAddresses, value.address) &&
         read_word(parts[2], kChecks, value.ready) &&
         read_milliseconds(parts[3], value.launch_timeout) &&
         read_milliseconds(parts[4], value.idle_timeout);
}

std::string FieldReader::trouble() {
  if (trouble_.empty() && !name_.empty()) fail(str("\"", escape_field(name_), "\" is not known"));
  return trouble_;
}

void FieldReader::next_line() {
  name_ = value_ = {};
  if (rest_.empty()) return;
  const auto end = rest_.find('\n');
  const std::string_view line = rest_.substr(0, end);
  const auto equals = line.find('=');
  if (end == rest_.npos || equals == line.npos || equals == 0) {
    rest_ = {};
    return fail("a line is not name=value");
  }
  name_ = line.substr(0, equals);
  value_ = line.substr(equals + 1);
  rest_.remove_prefix(end + 1);
}

}  // namespace cb::wire
