#include "wire/aws_config.h"

#include <utility>

#include "base/text.h"

namespace cb::wire {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

std::size_t indentation(std::string_view line) {
  const auto first = line.find_first_not_of(kBlanks);
  return first == line.npos ? 0 : first;
}

// A file's lines, ended by \n, \r\n or \r.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find_first_of("\r\n");
    out.push_back(text.substr(0, end));
    if (end == text.npos) break;
    const bool two = text[end] == '\r' && end + 1 < text.size() && text[end + 1] == '\n';
    text.remove_prefix(end + (two ? 2 : 1));
  }
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view file_name) : file_name_(file_name) {}

  // False: `error` says why.
  bool line(std::string_view raw) {
    ++number_;
    const std::string_view text = trim(raw);
    if (text.empty()) {
      if (value_ != nullptr) *value_ += '\n';
      return true;
    }
    if (text[0] == '#' || text[0] == ';') return true;
    if (value_ != nullptr && indentation(raw) > indentation_) {
      *value_ += str('\n', text);
      return true;
    }
    indentation_ = indentation(raw);
    value_ = nullptr;
    const auto end = text.rfind(']');
    if (text[0] == '[' && end != text.npos && end > 1) return section(text.substr(1, end - 1));
    return setting(text);
  }

  // Once, after the last line.
  bool finish() {
    const AwsSettings defaults = std::exchange(raw_[kDefaults], {});
    raw_.erase(kDefaults);
    for (auto& [header, settings] : raw_) {
      settings.insert(defaults.begin(), defaults.end());  // where it has none of its own
      for (auto& [key, value] : settings) {
        if (!take(header, key, value)) return false;
      }
      sections.try_emplace(header);
    }
    return true;
  }

  AwsSections sections;
  Error error;

 private:
  static constexpr const char* kDefaults = "DEFAULT";  // the section whose settings all others have

  bool fail(std::string_view what) {
    error.what = str(file_name_, " line ", number_, ": ", what);
    return false;
  }

  bool section(std::string_view header) {
    const auto [place, fresh] = raw_.try_emplace(std::string(header));
    if (!fresh && header != kDefaults) {
      return fail(str("the section [", header, "] is there already: put its settings together"));
    }
    current_ = &place->second;
    return true;
  }

  bool setting(std::string_view text) {
    if (current_ == nullptr) return fail("a setting before the first [section]");
    const auto equals = text.find_first_of("=:");
    if (equals == text.npos || equals == 0) {
      return fail("this is neither [section] nor key = value");
    }
    const std::string key = lower(trim(text.substr(0, equals)));
    const auto [place, fresh] = current_->try_emplace(key, trim(text.substr(equals + 1)));
    if (!fresh) return fail(str("the section has ", key, " already: leave one of them"));
    value_ = &place->second;
    return true;
  }

  // A value that begins on the next line is a block of settings.
  bool take(const std::string& header, const std::string& key, std::string_view value) {
    value = value.substr(0, value.find_last_not_of(kBlanks) + 1);
    AwsSection& section = sections[header];
    if (!value.starts_with('\n')) {
      section.settings[key] = value;
      return true;
    }
    AwsSettings& block = section.blocks[key];
    for (std::string_view line : split(value, '\n')) {
      if (trim(line).empty()) continue;
      const auto equals = line.find('=');
      if (equals == line.npos) {
        error.what = str(file_name_, ": [", header, "] ", key,
                         ": a line below it is indented and is not key = value");
        return false;
      }
      block[std::string(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
    }
    return true;
  }

  std::string_view file_name_;
  int number_ = 0;
  std::size_t indentation_ = 0;             // of the setting or section above
  std::map<std::string, AwsSettings> raw_;  // values with their continuations
  AwsSettings* current_ = nullptr;          // null: before the first section
  std::string* value_ = nullptr;            // null: nothing that a line could continue
};

}  // namespace

Result<AwsSections> parse_aws_file(std::string_view text, std::string_view file_name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // some editors write a mark
  Reader reader(file_name);
  for (std::string_view line : lines_of(text)) {
    if (!reader.line(line)) return reader.error;
  }
  if (!reader.finish()) return reader.error;
  return std::move(reader.sections);
}

std::optional<std::string> section_name(std::string_view header, std::string_view kind) {
  if (!header.starts_with(kind)) return {};
  auto parts = split_command(header);
  if (!parts || parts->size() != 2) return {};
  return std::move(parts->back());
}

std::optional<std::vector<std::string>> split_command(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // the one under way
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && kBlanks.find(c) != kBlanks.npos) {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == '\\' && quote != '\'') {
      if (++i == line.size()) return {};
      // Within double quotes a backslash protects only itself and the quote.
      if (quote == '"' && line[i] != '"' && line[i] != '\\') *word += '\\';
      *word += line[i];
    } else {
      *word += c;
    }
  }
  if (quote != '\0') return {};
  if (word) words.push_back(std::move(*word));
  return words;
}

}  // namespace cb::wire
