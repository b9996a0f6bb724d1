#include "ec2sim/api/query.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "ec2sim/api/refusal.h"

namespace cb::ec2sim {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        throw Refusal{"MalformedQueryString", "The query string contains a bad escape sequence."};
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// The numbers N of all names PREFIX.N or PREFIX.N.rest.
std::set<std::int64_t> numbers(const Parameters& all, const std::string& prefix) {
  std::set<std::int64_t> found;
  for (auto it = all.lower_bound(prefix + "."); it != all.end(); ++it) {
    if (!it->first.starts_with(prefix + ".")) break;
    const std::string_view rest = std::string_view(it->first).substr(prefix.size() + 1);
    if (const auto number = parse_int(rest.substr(0, rest.find('.')))) found.insert(*number);
  }
  return found;
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view piece : split(text, '&')) {
    if (piece.empty()) continue;
    const std::size_t sign = piece.find('=');
    const std::string_view value =
        sign == std::string_view::npos ? std::string_view{} : piece.substr(sign + 1);
    pairs.emplace_back(decoded(piece.substr(0, sign)), decoded(value));
  }
  return pairs;
}

Parameters parameters_of(const HttpRequest& request) {
  Parameters all;
  for (auto& [name, value] :
       parse_form(request.method == "GET" ? query_of(request) : std::string_view(request.body))) {
    if (!all.emplace(name, std::move(value)).second) {
      throw Refusal{"InvalidQueryParameter",
                    str("The parameter ", name, " was given more than once.")};
    }
  }
  return all;
}

std::string_view path_of(const HttpRequest& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

std::string_view query_of(const HttpRequest& request) {
  const std::size_t mark = request.target.find('?');
  return mark == std::string::npos ? std::string_view{}
                                   : std::string_view(request.target).substr(mark + 1);
}

std::string Query::text(const std::string& name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? std::string{} : found->second;
}

std::string Query::required(const std::string& name) const {
  std::string value = text(name);
  if (value.empty()) {
    throw Refusal{"MissingParameter", str("The request must contain the parameter ", name)};
  }
  return value;
}

std::optional<std::int64_t> Query::number(const std::string& name) const {
  return has(name) ? parse_int(text(name)) : std::nullopt;
}

bool Query::flag(const std::string& name, bool otherwise) const {
  return has(name) ? text(name) == "true" : otherwise;
}

std::vector<std::string> Query::list(const std::string& prefix) const {
  std::vector<std::string> values;
  for (const std::int64_t n : numbers(all_, prefix)) values.push_back(text(str(prefix, '.', n)));
  return values;
}

std::vector<std::string> Query::prefixes(const std::string& prefix) const {
  std::vector<std::string> found;
  for (const std::int64_t n : numbers(all_, prefix)) found.push_back(str(prefix, '.', n, '.'));
  return found;
}

void refuse_dry_run(const Query& query) {
  if (query.flag("DryRun", false)) {
    throw Refusal{"DryRunOperation", "Request would have succeeded, but DryRun flag is set."};
  }
}

}  // namespace cb::ec2sim
