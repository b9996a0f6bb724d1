#include "core/launch/user_data.h"

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "core/launch/mime_reader.h"

namespace cb::core {
namespace {

constexpr std::string_view kBoundary = "compute-broker-user-data";

constexpr std::string_view kNoInclude =
    "cloud-init fetches includes before it runs anything, and gives up on everything, the "
    "power-off after max_lifetime included, when one cannot be fetched; write the content itself, "
    "or fetch it in a script";
constexpr std::string_view kNoArchive =
    "an entry that cloud-init cannot read makes it give up on everything, the power-off after "
    "max_lifetime included; make a MIME archive of it (cloud-init devel make-mime)";
constexpr std::string_view kNoCompressed =
    "a part that cloud-init cannot decompress makes it give up on everything, the power-off after "
    "max_lifetime included; leave it plain: what is too long is compressed as a whole";

// How user data begins, the longer of two that begin alike first, and what cloud-init calls it.
struct Form {
  std::string_view begin;
  std::string_view type;
  std::string_view refused = {};  // why; empty: it is taken
};
constexpr std::array<Form, 9> kForms{{
    {"#cloud-config-archive", "text/cloud-config-archive", kNoArchive},
    {"#cloud-config-jsonp", "text/cloud-config-jsonp"},
    {"## template: jinja", "text/jinja2"},
    {"#cloud-boothook", "text/cloud-boothook"},
    {"#include-once", "text/x-include-once-url", kNoInclude},
    {"#part-handler", "text/part-handler"},
    {"#cloud-config", "text/cloud-config"},
    {"#include", "text/x-include-url", kNoInclude},
    {"#!", "text/x-shellscript"},
}};

constexpr std::array<std::string_view, 8> kCompressed{
    "application/gzip",       "application/gzip-compressed",  "application/gzipped",
    "application/x-compress", "application/x-compressed",     "application/x-gunzip",
    "application/x-gzip",     "application/x-gzip-compressed"};

bool begins_alike(std::string_view text, std::string_view begin) {
  if (text.size() < begin.size()) return false;
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != begin[i]) return false;
  }
  return true;
}

const Form* form_of(std::string_view text) {
  for (const Form& form : kForms) {
    if (begins_alike(trim(text), form.begin)) return &form;
  }
  return nullptr;
}

const Form* form_by_type(std::string_view type) {
  for (const Form& form : kForms) {
    if (form.type == type) return &form;
  }
  return nullptr;
}

Status check_text(std::string_view text) {
  std::size_t line = 1;
  for (const std::string_view one : split(text, '\n')) {
    if (!is_utf8(one)) {
      return Error{str("line ", line,
                       " is not UTF-8, and cloud-init would drop all of it; convert it, such as "
                       "with iconv -f ISO-8859-1 -t UTF-8")};
    }
    ++line;
  }
  return Done{};
}

Status check_form(const Form* form, std::string_view text) {
  if (form == nullptr) {
    return Error{
        "cloud-init would not run it: its first line has to begin with #!, #cloud-config, "
        "#cloud-boothook, #part-handler or ## template: jinja (no byte order mark in front), or it "
        "is a MIME archive with MIME-Version: in its head"};
  }
  if (!form->refused.empty()) return Error{str(form->begin, ": ", form->refused)};
  if (form->begin == "#!" && !text.starts_with("#!")) {
    return Error{"#! has to be its very first letters; delete what stands before"};
  }
  return Done{};
}

// cloud-init believes these types only after a look at how the content begins.
bool is_looked_at(std::string_view type) {
  return type == "text/plain" || type == "text/x-not-multipart" || type == "text/x-shellscript";
}

Status check_leaf(const MimeLeaf& leaf) {
  const Form* form = form_by_type(leaf.type);
  if (is_looked_at(leaf.type)) {
    if (const Form* const seen = form_of(leaf.body)) form = seen;
  }
  for (const std::string_view type : kCompressed) {
    if (leaf.type == type) return Error{std::string(kNoCompressed)};
  }
  if (leaf.type.find('/') == leaf.type.npos || leaf.type.starts_with("message/")) {
    return Error{str("the content type ", leaf.type, " is none that cloud-init runs")};
  }
  if (form != nullptr) {
    if (Status status = check_form(form, leaf.body); !status) return status;
  }
  return leaf.type.starts_with("text/") ? check_text(leaf.body) : Status{Done{}};
}

struct Part {
  std::string headers;
  std::string body;
};

Result<std::vector<Part>> parts_of(const std::string& own) {
  std::vector<Part> out;
  if (trim(own).empty()) return out;
  const Form* const form = form_of(own);
  if (form == nullptr && looks_like_mime(own)) {
    const auto leaves = read_mime(own);
    if (!leaves) return Error{str("as a MIME archive it cannot be read: ", leaves.error().what)};
    for (const MimeLeaf& leaf : *leaves) {
      const Status status = check_leaf(leaf);
      if (!status) return Error{str(leaf.name, ": ", status.error().what)};
      out.push_back({leaf.headers, leaf.body});
    }
    return out;
  }
  if (Status status = check_form(form, own); !status) return status.error();
  if (Status status = check_text(own); !status) return status.error();
  out.push_back({str("Content-Type: ", form->type,
                     "; charset=\"utf-8\"\nContent-Disposition: attachment; filename=\"own\"\n"),
                 own});
  return out;
}

// In plain letters, so that whoever looks at a launch sees it.
std::string guard_part(std::string_view type, std::string_view name, const std::string& body) {
  return str("--", kBoundary, "\nContent-Type: ", type,
             "; charset=\"utf-8\"\nContent-Disposition: attachment; filename=\"", name, "\"\n\n",
             body, "\n");
}

std::string guard(Duration max_lifetime) {
  const auto whole_minutes = std::chrono::ceil<minutes>(max_lifetime).count();
  // At a boothook's time the service that keeps shutdown's schedule does not run yet, and some
  // versions of shutdown then shut down at once: it waits by itself.
  return guard_part("text/cloud-boothook", "000-compute-broker-boothook",
                    str("#cloud-boothook\n#!/bin/sh\n# Whatever else this user data does: the "
                        "machine powers itself off after max_lifetime.\n(sleep ",
                        whole_minutes * 60,
                        "; systemctl poweroff || poweroff -f) </dev/null >/dev/null 2>&1 &\n")) +
         guard_part("text/x-shellscript", "000-compute-broker",
                    str("#!/bin/sh\nshutdown -P +", whole_minutes,
                        " 'compute-broker: max_lifetime reached'\n"));
}

}  // namespace

Status check_user_data(const std::string& own) {
  const auto parts = parts_of(own);
  if (!parts) return parts.error();
  return Done{};
}

std::string user_data(Duration max_lifetime, const std::string& own) {
  std::string out = str("Content-Type: multipart/mixed; boundary=\"", kBoundary,
                        "\"\nMIME-Version: 1.0\n\n", guard(max_lifetime));
  if (const auto parts = parts_of(own)) {
    for (const Part& part : *parts) {
      out += str("--", kBoundary, '\n', part.headers, "Content-Transfer-Encoding: base64\n\n",
                 base64_lines(part.body));
    }
  }
  return out + str("--", kBoundary, "--\n");
}

}  // namespace cb::core
