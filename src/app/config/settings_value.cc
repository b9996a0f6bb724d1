#include "app/config/settings_value.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "base/text.h"

namespace cb::app {

std::string toml_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", unsigned{code});
      out += escaped.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string to_toml(const Value& value) {
  struct Writer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(Duration v) const { return toml_quoted(cb::to_string(v)); }
    std::string operator()(const std::string& v) const { return toml_quoted(v); }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> entries;
      for (const std::string& entry : v) entries.push_back(toml_quoted(entry));
      return str('[', join(entries, ", "), ']');
    }
    std::string operator()(const WarmRules& v) const {
      std::vector<std::string> entries;
      for (const WarmRule& rule : v) {
        entries.push_back(
            str("{ schedule = ", toml_quoted(rule.schedule), ", workers = ", rule.workers, " }"));
      }
      return str('[', join(entries, ", "), ']');
    }
    std::string operator()(const core::ByRegion& v) const {
      if (v.empty()) return "{}";
      std::vector<std::string> entries;
      for (const auto& [region, texts] : v) entries.push_back(str(region, " = ", (*this)(texts)));
      return str("{ ", join(entries, ", "), " }");
    }
  };
  return std::visit(Writer{}, value);
}

std::int64_t magnitude(const Value& value) {
  struct Measure {
    std::int64_t operator()(bool v) const { return v ? 1 : 0; }
    std::int64_t operator()(std::int64_t v) const { return v; }
    std::int64_t operator()(Duration v) const { return v.count(); }
    std::int64_t operator()(const std::string& v) const { return std::int64_t(v.size()); }
    std::int64_t operator()(const std::vector<std::string>& v) const {
      return std::int64_t(v.size());
    }
    std::int64_t operator()(const WarmRules& v) const { return std::int64_t(v.size()); }
    std::int64_t operator()(const core::ByRegion& v) const { return std::int64_t(v.size()); }
  };
  return std::visit(Measure{}, value);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string nearest(std::string_view text, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, text.size() / 3) + 1;
  for (const std::string& word : known) {
    const std::size_t distance = edit_distance(text, word);
    if (distance < best_distance && distance < word.size()) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace cb::app
