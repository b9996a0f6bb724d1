#pragma once
// Small words about text that every room shares.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace cb {

namespace text_detail {
inline void append(std::string& out, std::string_view piece) {
  out += piece;
}
inline void append(std::string& out, char piece) {
  out += piece;
}
template <class N>
requires std::is_integral_v<N>
void append(std::string& out, N number) {
  out += std::to_string(number);
}
}  // namespace text_detail

// str("worker ", id, " idle ", 900, " s"): strings, characters and whole numbers, joined.
template <class... Pieces>
std::string str(const Pieces&... pieces) {
  std::string out;
  (text_detail::append(out, pieces), ...);
  return out;
}

// Blanks are space and tab, and \r, \n, \v, \f, as Python's strip() on ASCII drops them.
std::string_view trim(std::string_view text);
// What stands before the first blank, or all.
std::string_view first_word(std::string_view text);
// Words between blanks; no empty ones.
std::vector<std::string_view> words(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
// A-Z as a-z; other bytes as they are.
std::string lower(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Decimal digits only, with an optional leading '-' for signed types; the whole text; no overflow.
std::optional<std::int64_t> parse_int(std::string_view text);

// False for overlong forms, surrogates and anything past U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text);

// Lower-case hexadecimal.
std::string hex(std::string_view bytes);

}  // namespace cb
