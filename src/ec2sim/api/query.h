#pragma once
// The Query API's requests: names and values in a form.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ec2sim/api/http_message.h"

namespace cb::ec2sim {

using Parameters = std::map<std::string, std::string>;

// Names and values of "A=1&B=%20", decoded, in their order. Throws Refusal (MalformedQueryString)
// at a bad escape.
std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);

// The parameters of a POST's body or a GET's query. Throws Refusal, also when one is named twice.
Parameters parameters_of(const HttpRequest& request);

// The target's part before '?', and behind it.
std::string_view path_of(const HttpRequest& request);
std::string_view query_of(const HttpRequest& request);

// A reader of the parameters of one action.
class Query {
 public:
  explicit Query(const Parameters& all) : all_(all) {}

  bool has(const std::string& name) const { return all_.contains(name); }
  // "" when absent.
  std::string text(const std::string& name) const;
  // Throws MissingParameter.
  std::string required(const std::string& name) const;
  // Checked by check_parameters() before: digits, "true" or "false".
  std::optional<std::int64_t> number(const std::string& name) const;
  bool flag(const std::string& name, bool otherwise) const;
  // PREFIX.1, PREFIX.2, ... in the order of their numbers, which need not be without gaps.
  std::vector<std::string> list(const std::string& prefix) const;
  // The same for structures: "Filter.1.", "Filter.2.", ...
  std::vector<std::string> prefixes(const std::string& prefix) const;

 private:
  const Parameters& all_;
};

// Throws Refusal (DryRunOperation) when the caller only wants to know whether he could.
void refuse_dry_run(const Query& query);

}  // namespace cb::ec2sim
