#include "core/launch/mime_reader.h"

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/text.h"

namespace cb::core {
namespace {

constexpr std::size_t kLookedAt = 4096;  // cloud-init looks no further
constexpr int kDeepest = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Up to its newline, which goes as well.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

struct Header {
  std::string name;   // in lower case
  std::string value;  // unfolded
  std::string text;   // as it stands
};

Result<std::vector<Header>> take_headers(std::string_view& text) {
  std::vector<Header> out;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if ((line.front() == ' ' || line.front() == '\t') && !out.empty()) {
      out.back().value += str(' ', trim(line));
      out.back().text += str(line, '\n');
      continue;
    }
    const std::size_t colon = line.find(':');
    const bool plain = std::all_of(line.begin(), line.end(), [](char c) { return c >= ' '; });
    if (colon == line.npos || colon == 0 || !plain ||
        line.substr(0, colon).find(' ') != line.npos) {
      return Error{str("the line ", line, " is no MIME header in ASCII")};
    }
    out.push_back(
        {lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))), str(line, '\n')});
  }
  return out;
}

std::string value_of(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

// boundary="==B==" of `text/plain; boundary="==B=="`.
std::string parameter(std::string_view value, std::string_view name) {
  for (const std::string_view piece : split(value, ';')) {
    const std::string_view one = trim(piece);
    const std::size_t equals = one.find('=');
    if (equals == one.npos || lower(trim(one.substr(0, equals))) != name) continue;
    std::string_view text = trim(one.substr(equals + 1));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return std::string(text);
  }
  return {};
}

// What stands between the boundaries; the newline in front of each belongs to it. Nothing when the
// last one is missing.
std::optional<std::vector<std::string_view>> pieces(std::string_view body,
                                                    const std::string& boundary) {
  std::vector<std::string_view> out;
  const std::string begin = "--" + boundary;
  std::optional<std::size_t> from;
  for (std::string_view rest = body; !rest.empty();) {
    const std::size_t at = body.size() - rest.size();
    const std::string_view line = trim(take_line(rest));
    if (line != begin && line != begin + "--") continue;
    if (from) {
      std::string_view piece = body.substr(*from, at - *from);
      if (piece.ends_with('\n')) piece.remove_suffix(1);
      if (piece.ends_with('\r')) piece.remove_suffix(1);
      out.push_back(piece);
    }
    if (line != begin) return out;
    from = body.size() - rest.size();
  }
  return {};
}

class Reader {
 public:
  Status read(std::string_view message, int depth) {
    auto headers = take_headers(message);
    if (!headers) return headers.error();
    const std::string content = value_of(*headers, "content-type");
    const std::string type = lower(trim(std::string_view(content).substr(0, content.find(';'))));
    if (!type.starts_with("multipart/")) return leaf(*headers, type, message);
    const std::string boundary = parameter(content, "boundary");
    const auto parts = pieces(message, boundary);
    if (boundary.empty() || !parts || depth == kDeepest) {
      return Error{str("its boundary ", boundary, " is missing at the end, or it is no MIME")};
    }
    for (const std::string_view part : *parts) {
      if (Status status = read(part, depth + 1); !status) return status;
    }
    return Done{};
  }
  std::vector<MimeLeaf> leaves;

 private:
  Status leaf(const std::vector<Header>& headers, const std::string& type, std::string_view body) {
    MimeLeaf out{.headers = {}, .type = type.empty() ? "text/plain" : type, .name = {}, .body = {}};
    out.name = parameter(value_of(headers, "content-disposition"), "filename");
    if (out.name.empty()) out.name = str("part ", leaves.size() + 1);
    for (const Header& header : headers) {
      const bool encoding = header.name == "content-transfer-encoding";
      if (!encoding && header.name != "mime-version") out.headers += header.text;
    }
    const std::string encoding = lower(value_of(headers, "content-transfer-encoding"));
    if (encoding == "base64") {
      auto decoded = base64_decoded(body);
      if (!decoded) return Error{str(out.name, " says base64 and is not")};
      out.body = std::move(*decoded);
    } else if (encoding.empty() || encoding == "7bit" || encoding == "8bit") {
      out.body = body;
    } else {
      return Error{str(out.name, " has the encoding ", encoding, "; use base64")};
    }
    leaves.push_back(std::move(out));
    return Done{};
  }
};

}  // namespace

bool looks_like_mime(std::string_view text) {
  return lower(text.substr(0, kLookedAt)).find("mime-version:") != std::string::npos;
}

Result<std::vector<MimeLeaf>> read_mime(std::string_view message) {
  Reader reader;
  if (Status status = reader.read(message, 0); !status) return status.error();
  return std::move(reader.leaves);
}

}  // namespace cb::core
