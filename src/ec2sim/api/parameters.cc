#include "ec2sim/api/parameters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/text.h"
#include "ec2sim/api/parameter_rows.h"
#include "ec2sim/api/refusal.h"
#include "ec2sim/model/chance.h"

namespace cb::ec2sim {
namespace {

bool same_part(std::string_view pattern, std::string_view part) {
  if (pattern != "N") return pattern == part;
  const auto number = parse_int(part);
  return number && *number >= 1;
}

bool fits(std::string_view pattern, std::string_view name) {
  const bool open = pattern.ends_with('*');
  const auto wanted = split(open ? pattern.substr(0, pattern.size() - 1) : pattern, '.');
  const auto parts = split(name, '.');
  if (open ? parts.size() < wanted.size() : parts.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool last_of_open = open && i + 1 == wanted.size();
    if (last_of_open ? !parts[i].starts_with(wanted[i]) : !same_part(wanted[i], parts[i])) {
      return false;
    }
  }
  return true;
}

void check_value(const ParameterRow& row, const std::string& name, const std::string& value) {
  if (row.allowed == kNotModelled) {
    throw Refusal{"UnsupportedOperation", str("The simulator does not model ", name, ".")};
  }
  bool good = true;
  if (row.allowed == kNumber) {
    good = parse_int(value).has_value();
  } else if (row.allowed == kDecimal) {
    char* end = nullptr;
    good = std::isfinite(std::strtod(value.c_str(), &end)) && !value.empty() && *end == '\0';
  } else if (row.allowed != kText) {
    good = std::ranges::count(split(row.allowed, '|'), std::string_view(value)) > 0;
  }
  if (!good) {
    throw Refusal{"InvalidParameterValue",
                  str("Value (", value, ") for parameter ", name, " is invalid.")};
  }
}

const ParameterRow* row_of(std::string_view action, std::string_view name) {
  for (const ParameterRow& row : action_rows()) {
    if (matches(row.action, action) && fits(row.pattern, name)) return &row;
  }
  return nullptr;
}

const ParameterRow* launch_row_of(std::string_view action, std::string_view name) {
  const bool within = action == "CreateLaunchTemplate" && name.starts_with(kTemplateData);
  if (!within && action != "RunInstances") return nullptr;
  if (within) name.remove_prefix(kTemplateData.size());
  for (const ParameterRow& row : launch_rows()) {
    if (fits(row.pattern, name)) return &row;
  }
  return nullptr;
}

void check_parameter(std::string_view action, const std::string& name, const std::string& value) {
  const ParameterRow* row = row_of(action, name);
  if (!row) row = launch_row_of(action, name);
  if (!row) {
    throw Refusal{"UnknownParameter", str("The parameter ", name, " is not recognized")};
  }
  check_value(*row, name, value);
}

void check_version(std::string_view action, const std::string& version) {
  const std::string_view wanted = action == "GetCallerIdentity" ? "2011-06-15" : "2016-11-15";
  if (version != wanted) {
    throw Refusal{"InvalidAction",
                  str("The action ", action, " is not valid for this web service (version ",
                      version, "; the simulator knows ", wanted, ").")};
  }
}

}  // namespace

void check_parameters(std::string_view action, const Parameters& parameters) {
  if (action.empty()) {
    throw Refusal{"MissingAction", "The request must contain the parameter Action"};
  }
  if (std::ranges::count(known_actions(), action) == 0) {
    throw Refusal{"InvalidAction",
                  str("The action ", action, " is not valid for this web service.")};
  }
  check_version(action, Query(parameters).text("Version"));
  for (const auto& [name, value] : parameters) check_parameter(action, name, value);
}

std::vector<std::string_view> known_actions() {
  std::vector<std::string_view> actions;
  for (const ParameterRow& row : action_rows()) {
    const bool one = !row.action.ends_with('*');
    if (one && (actions.empty() || actions.back() != row.action)) actions.push_back(row.action);
  }
  return actions;
}

}  // namespace cb::ec2sim
