#include "wire/aws_config.h"

#include "base/text.h"

namespace cb::wire {
namespace {

std::string_view unquoted(std::string_view name) {
  if (name.size() >= 2 && (name[0] == '"' || name[0] == '\'') && name.back() == name[0]) {
    return name.substr(1, name.size() - 2);
  }
  return name;
}

// The profile that a section header names; empty for a section of another kind.
std::string profile_of(std::string_view header, AwsFile kind) {
  constexpr std::string_view kWord = "profile";
  if (kind == AwsFile::kCredentials || header == "default") return std::string(unquoted(header));
  if (!header.starts_with(kWord)) return {};
  const std::string_view rest = header.substr(kWord.size());  // with the blank before the name
  return rest == trim(rest) ? std::string() : std::string(unquoted(trim(rest)));
}

class Reader {
 public:
  Reader(AwsFile kind, std::string_view file_name) : kind_(kind), file_name_(file_name) {}

  // False: `error` says why.
  bool line(std::string_view raw) {
    ++number_;
    const std::string_view text = trim(raw);
    if (text.empty() || text[0] == '#' || text[0] == ';') return true;
    if (text[0] == '[') return section(text);
    const bool indented = raw[0] == ' ' || raw[0] == '\t';
    if (indented && in_setting_) return true;
    return setting(text);
  }

  AwsProfiles profiles;
  Error error;

 private:
  bool fail(std::string_view what) {
    error.what = str(file_name_, " line ", number_, ": ", what);
    return false;
  }

  bool section(std::string_view text) {
    const auto end = text.find(']');
    if (end == text.npos) return fail("a section begins with [ and has no ]");
    const std::string name = profile_of(trim(text.substr(1, end - 1)), kind_);
    in_section_ = true;
    in_setting_ = false;
    current_ = name.empty() ? nullptr : &profiles[name];
    return true;
  }

  bool setting(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos || equals == 0)
      return fail("this is neither [section] nor key = value");
    if (!in_section_) return fail("a setting before the first [section]");
    in_setting_ = true;
    if (current_ != nullptr) {
      (*current_)[lower(trim(text.substr(0, equals)))] = trim(text.substr(equals + 1));
    }
    return true;
  }

  AwsFile kind_;
  std::string_view file_name_;
  int number_ = 0;
  bool in_section_ = false;
  bool in_setting_ = false;
  AwsProfile* current_ = nullptr;  // null: a section that is not a profile
};

std::string value_of(const AwsProfile& profile, const std::string& key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

}  // namespace

Result<AwsProfiles> parse_aws_file(std::string_view text, AwsFile kind,
                                   std::string_view file_name) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // some editors write a mark
  Reader reader(kind, file_name);
  for (std::string_view line : split(text, '\n')) {
    if (!reader.line(line)) return reader.error;
  }
  return std::move(reader.profiles);
}

std::optional<AwsProfile> merged_profile(const std::string& name, const AwsProfiles& credentials,
                                         const AwsProfiles& config) {
  const auto first = credentials.find(name);
  const auto second = config.find(name);
  if (first == credentials.end() && second == config.end()) return {};
  AwsProfile merged;
  if (first != credentials.end()) merged = first->second;
  if (second != config.end()) merged.insert(second->second.begin(), second->second.end());
  return merged;
}

Result<ProfileKeys> profile_keys(const std::string& name, const AwsProfile& profile) {
  for (const char* key :
       {"role_arn", "sso_session", "sso_start_url", "web_identity_token_file", "login_session"}) {
    if (value_of(profile, key).empty()) continue;
    return Error{str("AWS profile ", name, " uses ", key,
                     ", which the broker does not do itself: make a profile with "
                     "credential_process = aws configure export-credentials --profile ",
                     name, " --format process, and name that one in AWS_PROFILE")};
  }
  AwsKeys keys{value_of(profile, "aws_access_key_id"), value_of(profile, "aws_secret_access_key"),
               value_of(profile, "aws_session_token")};
  if (keys.id.empty() != keys.secret.empty()) {
    return Error{str("AWS profile ", name,
                     " has only one of aws_access_key_id and "
                     "aws_secret_access_key: set both (aws configure --profile ",
                     name, ")")};
  }
  ProfileKeys out;
  if (!keys.id.empty()) {
    out.keys = keys;
  } else {
    out.credential_process = value_of(profile, "credential_process");
  }
  return out;
}

}  // namespace cb::wire
