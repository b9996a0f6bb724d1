#pragma once
// Writes and reads the lines of one record. Both have the same field() calls, so that one list of
// fields (record_codec.cc) serves both directions. Internal to record_codec.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"
#include "core/model/record.h"

namespace cb::wire {

// Backslash, control characters and DEL become \\, \n or \xHH; so do all bytes above 7F of a text
// that is not UTF-8.
std::string escape_field(std::string_view text);
// Empty when `text` is not what escape_field writes.
std::optional<std::string> unescape_field(std::string_view text);

// Values as text and back. read_value leaves `value` alone and returns false on anything else.
std::string write_value(const std::string& value);
std::string write_value(std::uint64_t value);
std::string write_value(int value);       // that is not negative
std::string write_value(bool value);      // "yes", "no"
std::string write_value(Duration value);  // milliseconds
std::string write_value(Instant value);   // milliseconds of the boot clock
std::string write_value(WallTime value);  // ISO 8601 with milliseconds
std::string write_value(core::Market value);
std::string write_value(core::WorkerPhase value);
std::string write_value(const core::Serving& value);  // "public 2560 dserv 180000 900000"
bool read_value(std::string_view text, std::string& value);
bool read_value(std::string_view text, std::uint64_t& value);
bool read_value(std::string_view text, int& value);
bool read_value(std::string_view text, bool& value);
bool read_value(std::string_view text, Duration& value);
bool read_value(std::string_view text, Instant& value);
bool read_value(std::string_view text, WallTime& value);
bool read_value(std::string_view text, core::Market& value);
bool read_value(std::string_view text, core::WorkerPhase& value);
bool read_value(std::string_view text, core::Serving& value);
template <class Tag>
std::string write_value(const TextId<Tag>& id) {
  return write_value(id.value);
}
template <class Tag>
bool read_value(std::string_view text, TextId<Tag>& id) {
  return read_value(text, id.value);
}

class FieldWriter {
 public:
  template <class T>
  void field(std::string_view name, const T& value) {
    out_ += name;
    out_ += '=';
    out_ += write_value(value);
    out_ += '\n';
  }
  // No line when unset.
  template <class T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) field(name, *value);
  }
  // A field that older records lack: no line while it has its first value.
  template <class T>
  void later_field(std::string_view name, const T& value) {
    if (value != T{}) field(name, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class FieldReader {
 public:
  explicit FieldReader(std::string_view body) : rest_(body) { next_line(); }

  template <class T>
  void field(std::string_view name, T& value) {
    if (name_ != name) return fail(str("\"", name, "\" is missing"));
    if (!read_value(value_, value)) return fail(str("\"", name, "\" has no readable value"));
    next_line();
  }
  template <class T>
  void field(std::string_view name, std::optional<T>& value) {
    if (name_ == name) field(name, value.emplace());
  }
  template <class T>
  void later_field(std::string_view name, T& value) {
    if (name_ == name) field(name, value);
  }
  // What was wrong first; empty when every line was read.
  std::string trouble();

 private:
  void fail(std::string what) {
    if (trouble_.empty()) trouble_ = std::move(what);
  }
  void next_line();

  std::string_view rest_;
  std::string_view name_, value_;  // of the line to read next; both empty at the end
  std::string trouble_;
};

}  // namespace cb::wire
